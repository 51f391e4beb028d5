package proxy_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/h1"
	"github.com/meshhop/meshhop/trace"
)

// canned is a transport that responds to every request at once, without a socket. What
// remains is the cost of the hop.
type canned struct{ body []byte }

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"text/plain"}, "Content-Length": {"1024"}, "Server": {"x"}},
		ContentLength: int64(len(c.body)),
		Body:          io.NopCloser(bytes.NewReader(c.body)),
		Request:       r,
	}, nil
}

// sink counts spans.
type sink struct{ spans int }

func (s *sink) Add(*trace.Record) { s.spans++ }

func (s *sink) RetainsNothing() bool { return true }

// cannedHop is a handler over a canned transport. rate < 0: nothing records.
func cannedHop(t testing.TB, transport http.RoundTripper, rate float64, changes ...func(*proxy.Config)) http.Handler {
	t.Helper()
	names := new(resolvetest.Namer)
	names.Bind("/web", "127.0.0.1:1")
	interpreter, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: names}}})
	if err != nil {
		t.Fatal(err)
	}
	config := router.Config{
		Dtab: resolve.MustDtab("/svc => /#/fake"), Interpreter: interpreter,
		NewTransport: func(resolve.Address, router.TransportConfig) http.RoundTripper { return transport },
	}
	if rate >= 0 {
		sampler, err := trace.NewSampler(rate)
		if err != nil {
			t.Fatal(err)
		}
		provider, err := trace.NewProvider(trace.ProviderConfig{Sink: new(sink), Sampler: sampler})
		if err != nil {
			t.Fatal(err)
		}
		config.Hop = trace.NewHop(trace.HopConfig{TracerProvider: provider})
	}
	r, err := router.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	serving := proxy.Config{Router: r}
	for _, change := range changes {
		change(&serving)
	}
	h, err := proxy.New(serving)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// throwaway is a writer without a connection.
type throwaway struct{ header http.Header }

func (w *throwaway) Header() http.Header         { return w.header }
func (w *throwaway) Write(p []byte) (int, error) { return len(p), nil }
func (w *throwaway) WriteHeader(int)             {}

func incoming() *http.Request {
	r := httptest.NewRequest("GET", "/index.html?q=1", nil)
	r.Host = "web"
	r.RemoteAddr = "127.0.0.1:1234"
	r.Header = http.Header{"User-Agent": {"bench"}, "Accept": {"*/*"}, "Accept-Encoding": {"gzip"}}
	return r
}

// plain is a bare ReverseProxy over the same transport.
func plain(transport http.RoundTripper) http.Handler {
	return &httputil.ReverseProxy{
		Transport: transport,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: "127.0.0.1:1"}) },
	}
}

// BenchmarkHandler compares the hop with a bare httputil.ReverseProxy over the same
// transport, which responds without a socket.
func BenchmarkHandler(b *testing.B) {
	transport := canned{make([]byte, 1024)}
	for _, c := range []struct {
		name    string
		handler http.Handler
	}{
		{"ReverseProxy", plain(transport)},
		{"hop/untraced", cannedHop(b, transport, -1)},
		{"hop/sampled=0", cannedHop(b, transport, 0)},
		{"hop/sampled=1", cannedHop(b, transport, 1)},
		{"hop/own client/untraced", cannedHop(b, inMemory(b, transport.body), -1)},
		{"hop/own client/untraced/access log", cannedHop(b, inMemory(b, transport.body), -1, jsonLog(b))},
		{"hop/own client/sampled=1", cannedHop(b, inMemory(b, transport.body), 1)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				w := &throwaway{}
				for pb.Next() {
					w.header = make(http.Header, 8)
					c.handler.ServeHTTP(w, incoming())
				}
			})
		})
	}
}

// BenchmarkSockets is the same through real sockets and http.Transport.
func BenchmarkSockets(b *testing.B) {
	body := make([]byte, 1024)
	backend := startBackend(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(body) }))
	transport := &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
	b.Cleanup(transport.CloseIdleConnections)
	reverse := httptest.NewServer(&httputil.ReverseProxy{
		Transport: transport,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: backend}) },
	})
	b.Cleanup(reverse.Close)
	hop := startHop(b, backend, withRouter(func(c *router.Config) { c.Hop = nil }))
	for _, c := range []struct{ name, url string }{{"ReverseProxy", reverse.URL}, {"hop/untraced", hop.URL}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			caller := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
			defer caller.CloseIdleConnections()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					r, _ := http.NewRequest("GET", c.url+"/", nil)
					r.Host = "web"
					resp, err := caller.Do(r)
					if err != nil {
						b.Error(err)
						return
					}
					io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			})
		})
	}
}

// TestAllocations bounds the allocations of a request in the handler and the router:
// over the hop's own client, which responds from memory and whose own three are
// counted, and over any other transport, which needs the header as a map, with five of
// its own.
func TestAllocations(t *testing.T) {
	body := make([]byte, 1024)
	for _, over := range []struct {
		name      string
		transport http.RoundTripper
		ceiling   float64
	}{
		{"own client", inMemory(t, body), 9},
		{"another transport", canned{body}, 29},
	} {
		t.Run(over.name, func(t *testing.T) {
			measure := func(rate float64) float64 {
				h := cannedHop(t, over.transport, rate)
				r, w := incoming(), &throwaway{header: http.Header{}}
				return testing.AllocsPerRun(500, func() {
					clear(w.header)
					h.ServeHTTP(w, r)
				})
			}
			untraced, unsampled, sampled := measure(-1), measure(0), measure(1)
			t.Logf("allocations: untraced %v, unsampled %v, sampled %v", untraced, unsampled, sampled)
			if untraced > over.ceiling {
				t.Errorf("an untraced request allocates %v times, want at most %v", untraced, over.ceiling)
			}
			if raced {
				return
			}
			if unsampled > untraced || sampled > untraced {
				t.Errorf("an unsampled request allocates %v times, a sampled one %v, an untraced one %v: spans should cost none", unsampled, sampled, untraced)
			}
		})
	}
}

// inMemory is the hop's own client over a connection that responds at once.
func inMemory(t testing.TB, body []byte) http.RoundTripper {
	t.Helper()
	response := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	transport, err := h1.New(h1.Config{Addr: "127.0.0.1:1", Dial: func(context.Context) (net.Conn, error) {
		return &instant{response: response}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { transport.Close() })
	return transport
}

// instant is a connection on which the response to each request is there at once.
type instant struct {
	net.Conn
	response, left []byte
}

func (c *instant) Write(p []byte) (int, error) { c.left = c.response; return len(p), nil }
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

// BenchmarkLargeBody is a response of 16 MiB through real sockets, which the kernel
// copies.
func BenchmarkLargeBody(b *testing.B) {
	body := make([]byte, 16<<20)
	backend := startBackend(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body)
	}))
	reverse := httptest.NewServer(plain(&http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, backend)
	}}))
	b.Cleanup(reverse.Close)
	hop := startHop(b, backend)
	for _, c := range []struct{ name, url string }{{"ReverseProxy", reverse.URL}, {"hop", hop.URL}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			caller := client(b)
			for b.Loop() {
				r, _ := http.NewRequest("GET", c.url+"/", nil)
				r.Host = "web"
				resp, err := caller.Do(r)
				if err != nil {
					b.Fatal(err)
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
}
