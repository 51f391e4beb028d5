package main

import (
	"net"
	"testing"
	"time"
)

// TestOldConnections: a caller keeps its connection from one window to the next,
// but not one that a hop may have closed meanwhile.
func TestOldConnections(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	c := &caller{addr: listener.Addr().String()}
	connect := func() net.Conn {
		t.Helper()
		if err := c.connect(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		return c.conn
	}
	first := connect()
	c.used = time.Now()
	if connect() != first {
		t.Error("a connection that was just used is not used again")
	}
	c.used = time.Now().Add(-2 * oldest)
	if connect() == first {
		t.Error("a connection that rested for a minute is used again")
	}
	c.conn.Close()
}
