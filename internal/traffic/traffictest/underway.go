package traffictest

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// underWay checks that bytes are told of while a request or a tunnel goes on, also those
// that the kernel copies.
func (s Subject) underWay(t *testing.T) {
	t.Run("a body that the kernel copies", func(t *testing.T) {
		r := s.run(t)
		source, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer source.Close()
		c := r.dial()
		c.send(get("/relay", "From: "+source.Addr().String(), "Size: "+strconv.Itoa(2*large)))
		from, err := source.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer from.Close()
		half := strings.Repeat("x", large)
		if _, err := io.WriteString(from, half); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(c.in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, resp.Body, large); err != nil {
			t.Fatal(err)
		}
		r.until(func(a account) bool { return a.sent >= large })
		if _, err := io.WriteString(from, half); err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, resp.Body); n != large || err != nil {
			t.Fatal(n, err)
		}
		c.Close()
		r.check(c, want{statuses: []int{200}})
	})
	t.Run("a copy that goes on when its tunnel is closed", func(t *testing.T) {
		r := s.run(t)
		source, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer source.Close()
		c := r.dial()
		c.send(get("/cut", "From: "+source.Addr().String()))
		from, err := source.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer from.Close()
		const text = "HTTP/1.1 101 Switching Protocols\r\n\r\nall"
		if _, err := io.WriteString(from, text); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, c.in, int64(len(text))); err != nil {
			t.Fatal(err)
		}
		c.send("!")
		c.rest()
		c.Close()
		r.over(1)
		r.until(func(a account) bool { return a.sent == c.read && a.received == c.sent })
	})
	t.Run("a tunnel", func(t *testing.T) {
		r := s.run(t)
		c := r.dial()
		c.send(get("/upgrade", "Connection: Upgrade", "Upgrade: x"))
		if _, err := http.ReadResponse(c.in, nil); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			piece := strings.Repeat("y", 100_000)
			c.send(piece)
			if _, err := io.CopyN(io.Discard, c.in, int64(len(piece))); err != nil {
				t.Fatal(err)
			}
			r.until(func(a account) bool { return a.sent >= c.read-1 && a.received >= c.sent-1 })
		}
		c.Close()
		r.check(c, want{statuses: []int{101}, upgraded: true})
	})
	t.Run("an upload that the handler reads", func(t *testing.T) {
		r := s.run(t)
		c := r.dial()
		c.send("POST /upload HTTP/1.1\r\nHost: web\r\nContent-Length: 2000000\r\n\r\n" + strings.Repeat("x", 1000000))
		r.until(func(a account) bool { return a.received == c.sent })
		c.send(strings.Repeat("x", 1000000))
		c.response("POST")
		c.Close()
		r.check(c, want{statuses: []int{200}})
	})
}
