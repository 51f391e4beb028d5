package proxy_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// streamReset is the error of a stream that the endpoint reset.
type streamReset uint32

func (e streamReset) Error() string     { return fmt.Sprintf("reset with %d", uint32(e)) }
func (e streamReset) ResetCode() uint32 { return uint32(e) }

// broken is a transport that fails.
type broken struct{ err error }

func (f broken) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func withFailure(err error) option {
	return withRouter(func(c *router.Config) {
		c.NewTransport = func(resolve.Address, router.TransportConfig) http.RoundTripper { return broken{err} }
	})
}

// handled has the handler of a hop handle a call by HTTP/2.
func (h *hop) handled(change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "http://web/pkg.Svc/Get", nil)
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/2.0", 2, 0
	r.Header.Set("Content-Type", "application/grpc+proto")
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.server.ServeHTTP(w, r)
	return w
}

// TestFailedCalls: vectors 435, 436, 438 and 465: what the caller of a gRPC call gets where
// there is no response from an endpoint, and what other callers get by HTTP/2.
func TestFailedCalls(t *testing.T) {
	gone := closedAddr(t)
	const addr = "127.0.0.1:1"
	never := withRouter(func(c *router.Config) {
		c.NewTransport = func(resolve.Address, router.TransportConfig) http.RoundTripper { return waiting{} }
	})
	for _, test := range []struct {
		name    string
		backend string
		options []option
		change  func(*http.Request)
		code    string
		status  int    // where it is no call
		message string // a part
	}{
		{name: "a dtab that is none", change: header("l5d-dtab", "x"), code: "3", status: 400, message: "'/' expected but 'x' found at '[x]'"},
		{name: "vector 435: not identified", options: []option{withRouter(func(c *router.Config) { c.Identifier = router.HeaderSegments("lolz", 1) })},
			code: "12", status: 400, message: "Missing destination path"},
		{name: "vector 438: too many proxies", options: []option{withProxy(func(c *proxy.Config) { c.MaxCallDepth = 2 })}, change: header("via", "hop1, hop2, hop3"),
			code: "13", status: 400, message: "Maximum number of calls (2) has been exceeded. Please check for proxy loops."},
		{name: "vectors 436 and 465: no such name", code: "14", status: 502, message: "Unable to route request!\n\nservice name: /svc/web"},
		{name: "connection refused", backend: gone, code: "14", status: 502, message: "Unable to establish connection to " + gone},
		{name: "an attempt's timeout", backend: addr, options: []option{never, withRouter(func(c *router.Config) {
			c.Clients = func(resolve.Path) router.ClientPolicy { return router.ClientPolicy{AttemptTimeout: time.Millisecond} }
		})}, code: "4", status: 503, message: "exceeded 1.milliseconds"},
		{name: "the server's timeout", backend: addr, options: []option{never, withProxy(func(c *proxy.Config) { c.Timeout = time.Millisecond })}, code: "4", status: 503},
		{name: "the caller's timeout", backend: addr, options: []option{never}, change: header("l5d-ctx-deadline", "0 1"), code: "4", status: 504},
		{name: "the stream is refused", backend: addr, options: []option{withFailure(streamReset(7))}, code: "14", status: 502, message: "reset with 7 at remote address: " + addr},
		{name: "the stream is cancelled", backend: addr, options: []option{withFailure(streamReset(8))}, code: "1", status: 502},
		{name: "the endpoint is to be left alone", backend: addr, options: []option{withFailure(streamReset(11))}, code: "8", status: 502},
		{name: "it is not secure enough", backend: addr, options: []option{withFailure(streamReset(12))}, code: "7", status: 502},
		{name: "the stream is reset", backend: addr, options: []option{withFailure(streamReset(2))}, code: "13", status: 502},
		{name: "the connection is lost", backend: addr, options: []option{withFailure(errors.New("lost"))}, code: "14", status: 502, message: "lost"},
		{name: "a long header", change: header("x-long", strings.Repeat("x", 10<<10)), code: "8", status: 431},
		{name: "a dry run", change: header("l5d-explain", "dry-run"), code: "12", status: 501, message: "l5d-explain"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := startHop(t, test.backend, test.options...)
			w := h.handled(test.change)
			got := w.Result()
			text, err := url.PathUnescape(got.Header.Get("grpc-message"))
			if err != nil || !strings.Contains(text, test.message) || text == "" {
				t.Errorf("grpc-message %q, want %q", text, test.message)
			}
			if got.StatusCode != 200 || got.Header.Get("grpc-status") != test.code || got.Header.Get("content-type") != "application/grpc+proto" || w.Body.Len() > 0 {
				t.Errorf("%d %v with %q; want status %s", got.StatusCode, got.Header, w.Body, test.code)
			}
			if told, _ := wire.First(got.Header, wire.ErrName); told == "" {
				t.Error("there is no l5d-err")
			}
			if _, has := got.Header["Content-Length"]; has && got.Header.Get("content-length") != "" {
				t.Error("a response without a body has a length")
			}
			stats := h.server.Stats()
			if stats.Success != 0 {
				t.Errorf("it counts as a success: %+v", stats)
			}
			w = h.handled(func(r *http.Request) {
				if test.change != nil {
					test.change(r)
				}
				r.Header.Set("Content-Type", "text/plain")
			})
			if w.Code != test.status || w.Header().Get("grpc-status") != "" {
				t.Errorf("another request gets %d with %v, want %d", w.Code, w.Header(), test.status)
			}
		})
	}
}

// waiting is a transport that does not respond.
type waiting struct{}

func (waiting) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestFailedCallsClear: with clearContext the reasons stay inside.
func TestFailedCallsClear(t *testing.T) {
	h := startHop(t, "", withProxy(func(c *proxy.Config) { c.ClearContext = true }))
	got := h.handled(nil).Result()
	if told, _ := wire.First(got.Header, wire.ErrName); told != "" || got.Header.Get("grpc-message") != "" || got.Header.Get("grpc-status") != "14" {
		t.Errorf("%v", got.Header)
	}
}

// TestFailedCallByHTTP1: the content type decides, not the protocol.
func TestFailedCallByHTTP1(t *testing.T) {
	h := startHop(t, "")
	r, err := http.NewRequestWithContext(t.Context(), "POST", h.URL+"/pkg.Svc/Get", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/grpc")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	if resp.StatusCode != 200 || resp.Header.Get("grpc-status") != "14" || resp.ContentLength != 0 {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}

// TestTooManyCalls: a call that exceeds MaxConcurrentRequests ends with ResourceExhausted.
func TestTooManyCalls(t *testing.T) {
	began, end := make(chan bool), make(chan bool)
	h := startHop(t, "127.0.0.1:1", withProxy(func(c *proxy.Config) { c.MaxConcurrentRequests = 1 }), withRouter(func(c *router.Config) {
		c.NewTransport = func(resolve.Address, router.TransportConfig) http.RoundTripper { return gate{began, end} }
	}))
	done := make(chan bool)
	go func() { h.handled(nil); close(done) }()
	<-began
	if got := h.handled(nil); got.Code != 200 || got.Header().Get("grpc-status") != "8" || got.Header().Get("grpc-message") == "" {
		t.Errorf("%d %v", got.Code, got.Header())
	}
	close(end)
	<-done
}

type gate struct{ began, end chan bool }

func (g gate) RoundTrip(*http.Request) (*http.Response, error) {
	g.began <- true
	<-g.end
	return nil, errors.New("over")
}

// TestFailedCallEndsItsStream: a call that fails before all of its request has come is not
// flushed: its head must end the stream, or the caller takes it for one whose status is
// still to come.
func TestFailedCallEndsItsStream(t *testing.T) {
	h := startHop(t, "")
	asking, write := io.Pipe()
	defer write.Close()
	w := h.handled(func(r *http.Request) { r.Body, r.ContentLength = asking, -1 })
	if w.Header().Get("grpc-status") != "14" || w.Flushed {
		t.Errorf("flushed %t: %v", w.Flushed, w.Header())
	}
}
