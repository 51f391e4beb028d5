package serve_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
)

// BenchmarkRequest is a request and its response on a connection that is kept, without
// sockets: the client sends the next request as soon as somebody reads.
func BenchmarkRequest(b *testing.B) {
	network := servetest.NewNetwork()
	s := serve.New(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), serve.Config{})
	served := make(chan error, 1)
	go func() { served <- s.Serve(network) }()
	b.ReportAllocs()
	c := &insistent{left: b.N, request: []byte(servetest.Get), done: make(chan struct{})}
	network.Made() <- c
	<-c.done
	b.StopTimer()
	if err := s.Shutdown(b.Context()); err != nil {
		b.Error(err)
	}
	<-served
}

// insistent is a connection whose client sends the same request again and again, and then
// leaves.
type insistent struct {
	left    int
	request []byte
	rest    bytes.Reader
	done    chan struct{}
}

func (c *insistent) Read(p []byte) (int, error) {
	if c.rest.Len() == 0 {
		if c.left == 0 {
			return 0, io.EOF
		}
		c.left--
		c.rest.Reset(c.request)
	}
	return c.rest.Read(p)
}

func (c *insistent) Write(p []byte) (int, error)      { return len(p), nil }
func (c *insistent) Close() error                     { close(c.done); return nil }
func (c *insistent) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *insistent) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (c *insistent) SetDeadline(time.Time) error      { return nil }
func (c *insistent) SetReadDeadline(time.Time) error  { return nil }
func (c *insistent) SetWriteDeadline(time.Time) error { return nil }
