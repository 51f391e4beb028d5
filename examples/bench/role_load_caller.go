package main

import (
	"bytes"
	"fmt"
	"net"
	"time"
)

// caller is one connection of the load generator.
type caller struct {
	addr    string
	conn    net.Conn
	message message
	used    time.Time // last

	// of the current window
	answered  int
	err       error // it ended the caller's window
	latencies []time.Duration
}

func request() []byte {
	return []byte("GET /index.html?q=1 HTTP/1.1\r\nHost: web\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n")
}

// run sends requests until the window is over.
func (c *caller) run(w *window) {
	c.answered, c.err, c.latencies = 0, nil, c.latencies[:0]
	defer func() {
		c.used = time.Now()
		if c.err != nil && c.conn != nil {
			c.conn.Close()
			c.conn = nil
		}
	}()
	if c.err = c.connect(w.began.Add(w.order.Window + patience)); c.err != nil {
		return
	}
	ask := request()
	for !w.over.Load() {
		var began time.Time
		if w.order.Rate > 0 {
			var ok bool
			if began, ok = w.due(); !ok {
				return
			}
		}
		if c.err = c.exchange(ask); c.err != nil {
			return
		}
		c.answered++
		if w.order.Rate > 0 {
			c.latencies = append(c.latencies, time.Since(began))
		}
	}
}

// oldest is how long a connection may rest between windows. Hops close those that
// have had no request for a minute or so, and none of them shall be charged for it.
const oldest = 30 * time.Second

func (c *caller) connect(deadline time.Time) (err error) {
	if c.conn != nil && time.Since(c.used) > oldest {
		c.conn.Close()
		c.conn = nil
	}
	if c.conn == nil {
		if c.conn, err = net.DialTimeout("tcp", c.addr, patience); err != nil {
			return err
		}
		c.message = message{from: c.conn}
	}
	return c.conn.SetDeadline(deadline)
}

const success = "HTTP/1.1 200 "

func (c *caller) exchange(ask []byte) error {
	if _, err := c.conn.Write(ask); err != nil {
		return err
	}
	head, err := c.message.head()
	if err != nil {
		return err
	}
	length, err := bodyLength(head)
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(head, []byte(success)) || length != answerBytes {
		return fmt.Errorf("not the backend's answer: %q", head)
	}
	return c.message.skip(len(head) + length)
}
