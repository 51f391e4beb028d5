package h1_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// TestLastResponseDoesNotWait: if the connection is closed after the response, the end
// of the response does not wait for the last write of the request to return.
func TestLastResponseDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		transport := newTransport(t, h1.Config{Dial: func(context.Context) (net.Conn, error) { return near, nil }})
		go func() {
			p := &peer{Conn: far, Reader: bufio.NewReader(far)}
			p.head()
			synctest.Wait() // the body is in its last write, which nobody reads
			p.send("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		}()
		req := newRequest(t, "POST", onlyReader{strings.NewReader("hello")})
		req.ContentLength = 5
		start := time.Now()
		if resp := roundTrip(t, transport, req); resp.StatusCode != 413 {
			t.Errorf("status %d", resp.StatusCode)
		}
		if waited := time.Since(start); waited != 0 { // time stands still unless all wait
			t.Errorf("the response waited %v", waited)
		}
	})
}

// racingConn is a connection whose second write fails while the reader removes its
// read deadline: the deadline by which the failed write wakes the reader is set before
// the reader's own takes effect.
type racingConn struct {
	net.Conn
	armed    atomic.Bool
	removing chan bool // the reader is removing its deadline
	woken    chan bool // the deadline for the wake was set
	writes   atomic.Int32
}

func (c *racingConn) Write(p []byte) (int, error) {
	if c.armed.Load() && c.writes.Add(1) == 2 {
		<-c.removing
		return 0, errWrite
	}
	return c.Conn.Write(p)
}

var errWrite = errors.New("write failed")

func (c *racingConn) SetReadDeadline(at time.Time) error {
	switch {
	case !c.armed.Load():
	case at.IsZero():
		c.removing <- true
		<-c.woken
	case c.writes.Load() == 2:
		err := c.Conn.SetReadDeadline(at)
		c.armed.Store(false)
		c.woken <- true
		return err
	}
	return c.Conn.SetReadDeadline(at)
}

// TestFailedWriteWakesTheReader: a request whose body cannot be written fails, even if
// the reader of the response removes its deadline at the moment that the failed write
// sets one.
func TestFailedWriteWakesTheReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		conn := &racingConn{Conn: near, removing: make(chan bool), woken: make(chan bool)}
		transport := newTransport(t, h1.Config{Dial: func(context.Context) (net.Conn, error) { return conn, nil }})
		go func() {
			p := &peer{Conn: far, Reader: bufio.NewReader(far)}
			p.head()
			p.send(okResponse)
			_, _ = io.Copy(io.Discard, p) // the second request gets no response
		}()
		get(t, transport)
		time.Sleep(time.Minute) // so that the connection is read before its next use, with a deadline
		conn.armed.Store(true)
		req := newRequest(t, "POST", onlyReader{strings.NewReader("hello")})
		req.ContentLength = 5
		_, err := transport.RoundTrip(req)
		wantError(t, err, relay.OpWrite, wroteSome, false)
		if !errors.Is(err, errWrite) {
			t.Error(err)
		}
	})
}
