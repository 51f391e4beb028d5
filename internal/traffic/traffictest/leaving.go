package traffictest

import (
	"io"
	"net"
	"testing"

	"github.com/meshhop/meshhop/internal/traffic"
)

// leaving are clients that close before the end.
func (s Subject) leaving(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(*client)
		want want
	}{
		{"within the first head", func(c *client) { c.send("GET / HT") }, want{refused: []traffic.Reason{traffic.BrokenOff}, unseen: true}},
		{"within the second head", func(c *client) { c.send(get("/")); c.response("GET"); c.send("GET / HTTP/1.1\r\nHos") },
			want{statuses: []int{200}, refused: []traffic.Reason{traffic.BrokenOff}, unseen: true}},
		{"after a byte of the second head", func(c *client) { c.send(get("/")); c.response("GET"); c.send("G") },
			want{statuses: []int{200}, refused: []traffic.Reason{traffic.BrokenOff}, unseen: true}},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := s.run(t)
			c := r.dial()
			row.do(c)
			c.Close()
			r.check(c, row.want)
		})
	}
	t.Run("before the response", func(t *testing.T) {
		r := s.run(t)
		c := r.dial()
		c.send(get("/wait"))
		<-r.waits
		_ = c.Conn.(*net.TCPConn).SetLinger(0) // a FIN need not be a client that leaves
		c.Close()
		r.check(c, want{statuses: []int{0}, broken: true})
	})
	t.Run("within a body that the kernel copies", func(t *testing.T) {
		r := s.run(t)
		source, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer source.Close()
		c := r.dial()
		c.send(get("/relay", "From: "+source.Addr().String(), "Size: 1000000000"))
		from, err := source.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer from.Close()
		if _, err := from.Write(make([]byte, 10000)); err != nil {
			t.Fatal(err)
		}
		_, _ = io.CopyN(io.Discard, c.in, 1000)
		_ = c.Conn.(*net.TCPConn).SetLinger(0)
		c.Close()
		for err == nil { // until the handler gives up
			_, err = from.Write(make([]byte, 10000))
		}
		if a := r.over(1); len(a.served) != 1 || !a.served[0].Broken {
			t.Errorf("told of %+v", a)
		}
	})
	t.Run("within the response", func(t *testing.T) {
		r := s.run(t)
		c := r.dial()
		for range 10 {
			c.send(get("/large"))
		}
		_, _ = io.CopyN(io.Discard, c.in, 1000)
		_ = c.Conn.(*net.TCPConn).SetLinger(0)
		c.Close()
		a := r.over(1)
		if n := len(a.served); n == 0 || !a.served[n-1].Broken || a.closed[0].Requests != uint64(n) {
			t.Errorf("told of %+v", a)
		}
		if a.sent != a.closed[0].Sent || a.sent < c.read {
			t.Errorf("moved %d, at the end %d; the client read %d", a.sent, a.closed[0].Sent, c.read)
		}
	})
}
