package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	surplusAttackers = 8
	surplusOthers    = 32
	// requestLimit is when a caller gives up.
	requestLimit = 5 * time.Second
)

// surplusLoad has the attackers and the others ask for a time, and says what the
// others were answered.
func surplusLoad(ctx context.Context, addr string, mode surplusMode, window time.Duration) tally {
	ctx, cancel := context.WithTimeout(ctx, window)
	defer cancel()
	method := mode.method
	if method == "" {
		method = http.MethodGet
	}
	var callers sync.WaitGroup
	for range surplusAttackers {
		callers.Go(func() {
			c := &caller{addr: addr}
			defer c.close()
			for ctx.Err() == nil {
				_, _, _ = c.ask(method, attackPath) // whatever it is, it is what they asked for
			}
		})
	}
	var mu sync.Mutex
	var sum tally
	var ids atomic.Int64
	for range surplusOthers {
		callers.Go(func() {
			c := &caller{addr: addr}
			defer c.close()
			var own tally
			for ctx.Err() == nil {
				path := fmt.Sprintf("/p-%d", ids.Add(1))
				own.count(path)(c.ask(http.MethodGet, path))
			}
			mu.Lock()
			defer mu.Unlock()
			sum = sum.plus(own)
		})
	}
	callers.Wait()
	return sum
}

// count takes what a request for path was answered.
func (t *tally) count(path string) func(status int, body string, err error) {
	return func(status int, body string, err error) {
		t.all++
		switch {
		case err != nil || status != http.StatusOK && body != path:
			t.failed++
		case body == path:
		case len(body) > 3 && body[:3] == "/p-":
			t.crossed++
		default:
			t.surplus++
		}
	}
}

// caller is a client with one connection, which it makes anew when it broke. It is
// strict in what it takes and never asks twice.
type caller struct {
	addr string
	conn net.Conn
	in   *bufio.Reader
}

var errTooLong = errors.New("a response is too long")

const maxResponse = 1 << 20

func (c *caller) ask(method, path string) (status int, body string, err error) {
	return c.send(method, fmt.Sprintf("%s %s HTTP/1.1\r\nHost: web\r\n\r\n", method, path))
}

// send sends a request as it is written.
func (c *caller) send(method, request string) (status int, body string, err error) {
	if c.conn == nil {
		if c.conn, err = net.DialTimeout("tcp", c.addr, requestLimit); err != nil {
			return 0, "", err
		}
		c.in = bufio.NewReader(c.conn)
	}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if err := c.conn.SetDeadline(time.Now().Add(requestLimit)); err != nil {
		return 0, "", err
	}
	if _, err := io.WriteString(c.conn, request); err != nil {
		return 0, "", err
	}
	resp, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse))
	if err == nil && len(all) == maxResponse {
		err = errTooLong
	}
	if resp.Close {
		c.close()
	}
	return resp.StatusCode, string(all), err
}

func (c *caller) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}
