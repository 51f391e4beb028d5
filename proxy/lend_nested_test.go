package proxy_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/proxy/h1"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// again is a transport of a program's own that has the hop itself serve another request, in the
// context of the one that it got.
type again struct{ of **hop }

func (a again) RoundTrip(r *http.Request) (*http.Response, error) {
	inner := httptest.NewRequestWithContext(r.Context(), http.MethodGet, "http://web/inner", nil)
	w := httptest.NewRecorder()
	(*a.of).server.ServeHTTP(w, inner)
	return w.Result(), nil
}

// TestLentWithinAnother: a request that the hop serves within another one, whose transport is
// the program's own, does not lend the memory of that one.
func TestLentWithinAnother(t *testing.T) {
	const outer = "127.0.0.1:1"
	var h *hop
	var inner atomic.Int64
	backend := startBackend(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/inner" {
			inner.Add(1)
		}
	}))
	h = startHop(t, backend, withRouter(func(c *router.Config) {
		c.NewTransport = func(a resolve.Address, config router.TransportConfig) http.RoundTripper {
			if a.AddrPort.String() == outer {
				return again{&h}
			}
			return router.H1Transport(a, config)
		}
	}))
	h.names.Bind("/outer", outer)
	lent := make(chan bool, 1)
	server := h1.New(h1.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heads := h1wire.HeadsOf(r.Context())
		heads.Handler = h.server // as package serve does
		h.server.ServeHTTP(w, r)
		lent <- heads.Lent
	})})
	c := newLoneClient(t, server)
	const tries = 50
	for range tries {
		if status := c.ask("GET / HTTP/1.1\r\nHost: outer\r\n\r\n"); status != http.StatusOK {
			t.Fatalf("status %d", status)
		}
		if <-lent {
			t.Fatal("the memory of the outer request is lent")
		}
	}
	if n := inner.Load(); n != tries {
		t.Errorf("%d inner requests, want %d", n, tries)
	}
}

// loneClient has a connection to a server of package h1.
type loneClient struct {
	t *testing.T
	c net.Conn
	r *bufio.Reader
}

// newLoneClient starts the server, and connects to it.
func newLoneClient(t *testing.T, server *h1.Server) *loneClient {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Close()
		<-served
	})
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &loneClient{t, c, bufio.NewReader(c)}
}

// ask sends a request and returns the status of the response.
func (c *loneClient) ask(request string) int {
	c.t.Helper()
	if _, err := io.WriteString(c.c, request); err != nil {
		c.t.Fatal(err)
	}
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode
}
