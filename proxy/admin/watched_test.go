package admin_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/accesslog"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/h1"
)

// BenchmarkWatched is a request through a handler and a router over the hop's own client,
// which responds from memory: with nobody who wants to know of it, with a dashboard, with
// an access log in a file, and with both.
func BenchmarkWatched(b *testing.B) {
	for _, c := range []struct {
		name            string
		dashboard, logs bool
	}{{"by nobody", false, false}, {"by a dashboard", true, false}, {"by a log", false, true}, {"by both", true, true}} {
		b.Run(c.name, func(b *testing.B) {
			names := new(resolvetest.Namer)
			names.Bind("/web", "127.0.0.1:1")
			inner := newRouter(b, "inner", names)
			r := routerOf(b, router.Config{
				Label: "outgoing", Interpreter: inner.Interpreter(), Dtab: inner.Dtab(),
				NewTransport: func(resolve.Address, router.TransportConfig) http.RoundTripper { return inMemory(b) },
			})
			config := proxy.Config{Router: r, ServiceName: "0.0.0.0/4140"}
			lost := func() (written, dropped uint64) { return 0, 0 }
			if c.logs {
				log, err := accesslog.NewFiles(accesslog.Options{}).Open(accesslog.Config{
					File: accesslog.FileConfig{Path: filepath.Join(b.TempDir(), "access.log")}, Format: accesslog.JSON,
				})
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { log.Close(context.WithoutCancel(b.Context())) })
				config.Ended, lost = log.Ended, log.Stats
			}
			handler, err := proxy.New(config)
			if err != nil {
				b.Fatal(err)
			}
			if c.dashboard {
				pages, err := admin.New(admin.Config{Routers: []*router.Router{r}, Servers: []admin.Server{{Name: "0.0.0.0/4140", Handler: handler}}})
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { pages.Retire(nil) })
			}
			in := httptest.NewRequest("GET", "/index.html?q=1", nil)
			in.Host, in.RemoteAddr = "web", "127.0.0.1:1234"
			in.Header = http.Header{"User-Agent": {"bench"}, "Accept": {"*/*"}, "Accept-Encoding": {"gzip"}}
			b.ReportAllocs()
			for b.Loop() {
				handler.ServeHTTP(throwaway{make(http.Header, 8)}, in)
			}
			_, dropped := lost()
			b.ReportMetric(float64(dropped)/float64(b.N), "dropped/op") // which cost less
		})
	}
}

// throwaway is a writer without a connection.
type throwaway struct{ header http.Header }

func (w throwaway) Header() http.Header         { return w.header }
func (w throwaway) Write(p []byte) (int, error) { return len(p), nil }
func (w throwaway) WriteHeader(int)             {}

// inMemory is the hop's own client over a connection on which the response is there at once.
func inMemory(b *testing.B) http.RoundTripper {
	transport, err := h1.New(h1.Config{Addr: "127.0.0.1:1", Dial: func(context.Context) (net.Conn, error) { return new(instant), nil }})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { transport.Close() })
	return transport
}

type instant struct {
	net.Conn
	left string
}

func (c *instant) Write(p []byte) (int, error) {
	c.left = "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
	return len(p), nil
}

func (c *instant) Read(p []byte) (n int, err error) {
	n = copy(p, c.left)
	c.left = c.left[n:]
	return n, nil
}

func (c *instant) Close() error                     { return nil }
func (c *instant) LocalAddr() net.Addr              { return nil }
func (c *instant) RemoteAddr() net.Addr             { return nil }
func (c *instant) SetReadDeadline(time.Time) error  { return nil }
func (c *instant) SetWriteDeadline(time.Time) error { return nil }
