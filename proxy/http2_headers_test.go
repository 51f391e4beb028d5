package proxy_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// withEndpoint makes a transport the endpoint of every replica set.
func withEndpoint(transport http.RoundTripper) option {
	return withRouter(func(c *router.Config) {
		c.NewTransport = func(resolve.Address, router.TransportConfig) http.RoundTripper { return transport }
	})
}

// ends is the body of a response that has trailers at its end.
type ends struct {
	io.Reader
	resp    *http.Response
	trailer http.Header
}

func (e ends) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	if err == io.EOF {
		e.resp.Trailer = e.trailer
	}
	return n, err
}

func (ends) Close() error { return nil }

// answering is an endpoint that speaks HTTP/2, and keeps the header of the last request.
type answering struct {
	status          int
	header, trailer http.Header
	got             http.Header
}

func (a *answering) RoundTrip(r *http.Request) (*http.Response, error) {
	a.got = r.Header
	header := a.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	resp := &http.Response{StatusCode: max(a.status, 200), Proto: "HTTP/2.0", ProtoMajor: 2, Header: header, ContentLength: -1}
	resp.Body = ends{strings.NewReader("body"), resp, a.trailer}
	return resp, nil
}

// TestViaByHTTP2: vector 461: all lines become one, in requests and in responses.
func TestViaByHTTP2(t *testing.T) {
	for _, row := range []struct {
		about     string
		via, want []string
	}{
		{"vector 461", []string{"1.1 a", "2 b"}, []string{"1.1 a, 2 b, h2 linkerd"}},
		{"one line", []string{"1.1 a"}, []string{"1.1 a, h2 linkerd"}},
		{"none", nil, []string{"h2 linkerd"}},
	} {
		endpoint := &answering{header: http.Header{"Via": row.via}}
		h := startHop(t, "127.0.0.1:1", withEndpoint(endpoint))
		w := h.handled(func(r *http.Request) { r.Header["Via"] = row.via })
		if got := w.Header()["Via"]; strings.Join(got, "|") != strings.Join(row.want, "|") {
			t.Errorf("%s: the response has %q, want %q", row.about, got, row.want)
		}
		if got := unmarked(strings.Join(endpoint.got["Via"], "|")); got != strings.Join(row.want, "|")+" (R.N)" {
			t.Errorf("%s: the request has %q, want %q", row.about, got, row.want)
		}
	}
}

// TestLoopByHTTP2: the mark is found whatever the protocol of each hop is.
func TestLoopByHTTP2(t *testing.T) {
	endpoint := &answering{}
	h := startHop(t, "127.0.0.1:1", withEndpoint(endpoint))
	plain := func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }
	h.handled(plain)
	via := endpoint.got["Via"]
	if w := h.handled(func(r *http.Request) { plain(r); r.Header["Via"] = via }); w.Code != http.StatusLoopDetected || !strings.Contains(w.Body.String(), "h2 linkerd") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := h.handled(func(r *http.Request) {
		plain(r)
		r.Header["Via"] = []string{strings.Replace(via[0], "h2", "1.1", 1)}
	}); w.Code != http.StatusLoopDetected {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestForwardedByHTTP2: vector 460.
func TestForwardedByHTTP2(t *testing.T) {
	endpoint := &answering{}
	h := startHop(t, "127.0.0.1:1", withEndpoint(endpoint), withRouter(func(c *router.Config) { c.Identifier = router.Static(resolve.MustPath("/web")) }),
		withProxy(func(c *proxy.Config) { c.Forwarded = &proxy.Forwarded{By: "_linkerd", For: "ip:port"} }))
	h.handled(func(r *http.Request) {
		r.Host, r.RemoteAddr = "svc/name", "192.0.2.1:7777"
		r.URL.Scheme, r.URL.Host, r.RequestURI = "", "", "/x"
		r.Header.Set("Forwarded", "for=8.8.4.4")
	})
	want := `for=8.8.4.4|by=_linkerd;for="192.0.2.1:7777";authority="svc/name";proto=http`
	if got := strings.Join(endpoint.got["Forwarded"], "|"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestVerdict: vector 448: what a response counts as stands in its head, or in trailers for
// a hop of the mesh alone; and the server counts by it.
func TestVerdict(t *testing.T) {
	for _, row := range []struct {
		about         string
		status        int
		trailer       string // grpc-status
		mesh, message bool
		clear         bool
		head, end     string
		success       uint64
	}{
		{about: "vector 448: 500", status: 500, message: true, mesh: true, head: "0.0", success: 0},
		{about: "vector 448: 200 for a hop", message: true, mesh: true, end: "1.0", success: 1},
		{about: "200 for another client", message: true, success: 1},
		{about: "a call that succeeds, for a hop", trailer: "0", mesh: true, end: "1.0", success: 1},
		{about: "a call that fails, for a hop", trailer: "5", mesh: true, end: "0.0"},
		{about: "a call that fails, for another client", trailer: "5"},
		{about: "with clearContext", trailer: "5", mesh: true, clear: true},
	} {
		t.Run(row.about, func(t *testing.T) {
			endpoint := &answering{status: row.status, trailer: http.Header{"L5d-Success-Class": {"0.5"}}}
			if row.trailer != "" {
				endpoint.trailer.Set("grpc-status", row.trailer)
			}
			h := startHop(t, "127.0.0.1:1", withEndpoint(endpoint), withProxy(func(c *proxy.Config) { c.ClearContext = row.clear }))
			got := h.handled(func(r *http.Request) {
				if row.message {
					r.Header.Del("Content-Type")
				}
				if row.mesh {
					r.Header.Set("l5d-ctx-trace", "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY=")
				}
			}).Result()
			if head, _ := wire.First(got.Header, wire.SuccessClassName); head != row.head {
				t.Errorf("the head says %q, want %q", head, row.head)
			}
			if end := got.Trailer.Get("l5d-success-class"); end != row.end {
				t.Errorf("the trailers say %q, want %q", end, row.end)
			}
			if status := got.Trailer.Get("grpc-status"); status != row.trailer {
				t.Errorf("grpc-status %q, want %q", status, row.trailer)
			}
			if s := h.server.Stats(); s.Success != row.success || s.Failures != 1-row.success {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestCallSpans: both spans say which call it is and how it ended, wherever that stands.
func TestCallSpans(t *testing.T) {
	for _, row := range []struct {
		about, backend string
		endpoint       *answering
		status         string
		failed         bool
	}{
		{"in the trailers", "127.0.0.1:1", &answering{trailer: http.Header{"Grpc-Status": {"5"}}}, "5", true},
		{"a success", "127.0.0.1:1", &answering{trailer: http.Header{"Grpc-Status": {"0"}}}, "0", false},
		{"in the head", "127.0.0.1:1", &answering{header: http.Header{"Grpc-Status": {"7"}}}, "7", true},
		{"ours", "", nil, "14", true},
	} {
		t.Run(row.about, func(t *testing.T) {
			h := startHop(t, row.backend, withEndpoint(row.endpoint))
			h.handled(func(r *http.Request) { r.RequestURI = "/pkg.Svc/Get?q" })
			n := 1
			if row.backend != "" {
				n = 2
			}
			for _, one := range h.wait(t, n) {
				tags := tracetest.Tags(one)
				for key, want := range map[string]string{"rpc.system": "grpc", "rpc.service": "pkg.Svc", "rpc.method": "Get", "rpc.grpc.status_code": row.status} {
					if got := tags[key]; got != want {
						t.Errorf("%s: %s is %q, want %q", one.Name, key, got, want)
					}
				}
				if one.Service == "#/fake/web" {
					if failed := slices.Contains(tracetest.Events(one), "l5d.failure"); failed != row.failed || (tags["l5d.success"] == "1") == row.failed {
						t.Errorf("events %q, l5d.success %q", tracetest.Events(one), tags["l5d.success"])
					}
				}
			}
		})
	}
}
