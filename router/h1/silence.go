package h1

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/meshhop/meshhop/internal/httpx"
)

// silences are the limits of Config.ReadTimeout and Config.WriteTimeout, and how many
// connections they have closed.
type silences struct {
	read, write         time.Duration // 0: no limit
	readLate, wroteLate atomic.Uint64
}

// limit puts the limits on a connection. Below TLS: its records count, whatever is in them.
func (s *silences) limit(nc net.Conn) net.Conn {
	if s.read == 0 && s.write == 0 {
		return nc
	}
	l := limitedConn{Conn: nc, silences: s}
	if s.read > 0 {
		l.silence = &silence{nc: nc, limits: s}
		l.silence.last.Store(time.Now().UnixNano())
		l.silence.timer = time.AfterFunc(s.read, l.silence.check)
	}
	if raw, ok := nc.(syscall.Conn); ok {
		return &peekableLimited{l, raw}
	}
	return &l
}

// limitedConn is a connection with limits.
type limitedConn struct {
	net.Conn
	silences *silences
	silence  *silence // nil: reads have no limit
}

// peekableLimited is one that can be peeked at.
type peekableLimited struct {
	limitedConn
	syscall.Conn
}

// silence is the time since something was read.
type silence struct {
	nc     net.Conn
	limits *silences
	last   atomic.Int64 // Unix time of the last read, in nanoseconds
	timer  *time.Timer
	late   atomic.Bool // the connection was closed for it
}

func (s *silence) check() {
	left := s.limits.read - time.Since(time.Unix(0, s.last.Load()))
	if left > 0 {
		s.timer.Reset(left)
		return
	}
	s.late.Store(true)
	s.limits.readLate.Add(1)
	_ = s.nc.Close()
}

func (c *limitedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	switch s := c.silence; {
	case s == nil:
	case n > 0:
		s.last.Store(time.Now().UnixNano())
	case err != nil && s.late.Load():
		err = fmt.Errorf("nothing was read from the connection for %v (ReadTimeout)", s.limits.read)
	}
	return n, err
}

func (c *limitedConn) Write(p []byte) (int, error) {
	if limit := c.silences.write; limit > 0 {
		if err := c.Conn.SetWriteDeadline(time.Now().Add(limit)); err != nil {
			return 0, err
		}
	}
	n, err := c.Conn.Write(p)
	if err != nil && c.silences.write > 0 && errors.Is(err, os.ErrDeadlineExceeded) {
		c.silences.wroteLate.Add(1)
		err = fmt.Errorf("the connection did not take what was written within %v (WriteTimeout)", c.silences.write)
	}
	return n, err
}

func (c *limitedConn) Close() error {
	if c.silence != nil {
		c.silence.timer.Stop()
	}
	return c.Conn.Close()
}

// CloseWrite closes the direction to the peer, if the connection can do that.
func (c *limitedConn) CloseWrite() error { return httpx.HalfClose(c.Conn) }
