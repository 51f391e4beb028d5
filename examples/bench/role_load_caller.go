package main

import (
	"bytes"
	"fmt"
	"net"
	"strconv"
	"time"
)

// caller is one connection of the load generator.
type caller struct {
	addr    string
	conn    net.Conn
	message message
	out     []byte
	used    time.Time // last

	// of the current window
	answered  int
	err       error // it ended the caller's window
	latencies []time.Duration
}

func (m mix) bytes() int {
	if m.Bytes == 0 {
		return answerBytes
	}
	return m.Bytes
}

// path asks the backend for an answer of so many bytes.
func (m mix) path() string {
	if m.Bytes == 0 {
		return "/index.html?q=1"
	}
	return fmt.Sprintf("/%d", m.Bytes)
}

// appendRequest appends a request for a service; 0 is web.
func (m mix) appendRequest(to []byte, service int64) []byte {
	to = append(append(append(to, "GET "...), m.path()...), " HTTP/1.1\r\nHost: "...)
	if m.Names == 0 {
		to = append(to, "web"...)
	} else {
		to = strconv.AppendInt(append(to, 'n'), service, 10)
	}
	return append(to, "\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"...)
}

// run sends requests on some connections in turn until the window is over.
func (w *window) run(mine []*caller) {
	for _, c := range mine {
		c.answered, c.err, c.latencies = 0, nil, c.latencies[:0]
	}
	for i := 0; !w.over.Load() && !(w.order.Once && i == len(mine)); i++ {
		if c := mine[i%len(mine)]; !c.ask(w, i < len(mine)) {
			return
		}
	}
}

// ask sends one request, the first one of the window on this connection or a later one. It
// returns false if there are to be no more.
func (c *caller) ask(w *window, first bool) bool {
	defer func() {
		if c.err != nil && c.conn != nil {
			c.conn.Close()
			c.conn = nil
		}
	}()
	if first {
		if c.err = c.connect(w.began.Add(w.order.Window + patience)); c.err != nil {
			return false
		}
	}
	var began time.Time
	if w.order.Rate > 0 {
		var ok bool
		if began, ok = w.due(); !ok {
			return false
		}
	}
	var service int64
	if w.order.Names > 0 {
		service = w.names.Add(1) % int64(w.order.Names)
	}
	c.out = w.order.appendRequest(c.out[:0], service)
	if c.err = c.exchange(c.out, w.order.bytes()); c.err != nil {
		return false
	}
	c.answered++
	if w.order.Rate > 0 {
		c.latencies = append(c.latencies, time.Since(began))
	}
	c.used = w.began.Add(w.order.Window)
	return true
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

func (c *caller) exchange(ask []byte, answer int) error {
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
	if !bytes.HasPrefix(head, []byte(success)) || length != answer {
		return fmt.Errorf("not the backend's answer: %q", head)
	}
	return c.message.skip(len(head) + length)
}
