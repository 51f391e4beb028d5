package proxy_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// tracedBy has a hop read and write the headers of a propagator.
func tracedBy(t *testing.T, propagator trace.Propagator) option {
	t.Helper()
	provider, err := trace.NewProvider(trace.ProviderConfig{})
	if err != nil {
		t.Fatal(err)
	}
	hop := trace.NewHop(trace.HopConfig{TracerProvider: provider, Propagator: propagator})
	return withRouter(func(c *router.Config) { c.Hop = hop })
}

const (
	strangersTrace = "463ac35c9f6413ad48485a3953bb6124"
	strangersSpan  = "00f067aa0ba902b7"
)

// strangersContext is every header by which a stranger could continue its own
// context in the mesh, in the spellings that CGI does not tell apart.
const strangersContext = "l5d_ctx_trace: 1\r\nL5d.ctx_dtab: /a=>/b\r\nL5D_SAMPLE: 1\r\n" +
	"traceparent: 00-" + strangersTrace + "-" + strangersSpan + "-03\r\ntracestate: a=b\r\nbaggage: tenant=root\r\n" +
	"b3: " + strangersTrace + "-" + strangersSpan + "-1\r\n" +
	"x-b3-traceid: " + strangersTrace + "\r\nx-b3-spanid: " + strangersSpan + "\r\nX_B3_Sampled: 1\r\nx-b3-flags: 1\r\n"

// TestClearContextOfStrangers: nothing of it reaches the endpoint, and what the
// hop writes itself begins a trace of its own.
func TestClearContextOfStrangers(t *testing.T) {
	formats := map[string]trace.Propagator{
		"l5d": trace.L5d(), "W3C": trace.W3C(), "B3": trace.B3(), "b3": trace.B3Single(),
		"all": trace.Bridge([]trace.Propagator{trace.L5d(), trace.W3C(), trace.B3(), trace.B3Single()}, []trace.Propagator{trace.L5d(), trace.W3C(), trace.B3(), trace.B3Single()}),
	}
	for format, propagator := range formats {
		t.Run(format, func(t *testing.T) {
			bothClients(t, func(t *testing.T, client option) {
				backend, got := recorder(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"+closeMark)
				h := startHop(t, backend, client, tracedBy(t, propagator), withProxy(func(c *proxy.Config) { c.ClearContext = true }))
				h.exchange(t, get(strangersContext))
				head := got()
				for _, theirs := range []string{strangersTrace, strangersSpan, "tenant=root", "a=b", "/a=>/b", "_", "L5d."} {
					if strings.Contains(head, theirs) {
						t.Errorf("the endpoint got %q:\n%s", theirs, head)
					}
				}
			})
		})
	}
}

// TestTrustTraceContext: with it, a trace that came in another format than
// Linkerd's goes on, where the propagator reads that format; the others pass.
// l5d-* headers are not believed for all that.
func TestTrustTraceContext(t *testing.T) {
	both := trace.Bridge([]trace.Propagator{trace.L5d(), trace.W3C()}, []trace.Propagator{trace.L5d(), trace.W3C()})
	for _, test := range []struct {
		name       string
		propagator trace.Propagator
		goesOn     bool
	}{{"W3C", trace.W3C(), true}, {"B3", trace.B3(), true}, {"l5d and W3C", both, true}, {"l5d", trace.L5d(), false}} {
		t.Run(test.name, func(t *testing.T) {
			bothClients(t, func(t *testing.T, client option) {
				backend, got := recorder(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"+closeMark)
				h := startHop(t, backend, client, tracedBy(t, test.propagator), withProxy(func(c *proxy.Config) { c.ClearContext, c.TrustTraceContext = true, true }))
				const lie = "AAAAAAAAAAEAAAAAAAAAAgAAAAAAAAADAAAAAAAAAAY=" // trace 3
				h.exchange(t, get("l5d-ctx-trace: "+lie+"\r\nl5d-sample: 0\r\nl5d-dtab: /svc=>/evil\r\n"+strangersContext))
				head := got()
				for _, theirs := range []string{lie, "/evil", "/a=>/b", "l5d_", "L5d."} {
					if strings.Contains(head, theirs) {
						t.Errorf("the endpoint got %q:\n%s", theirs, head)
					}
				}
				spans := 0
				for _, name := range []string{"traceparent", "x-b3-traceid"} {
					for _, value := range lines(head, name) {
						if !strings.Contains(value, strangersTrace) {
							t.Errorf("%s: %s is not the client's trace", name, value)
						}
						spans++
					}
				}
				if spans != 2 || lines(head, "baggage") == nil {
					t.Errorf("the endpoint did not get what is trusted:\n%s", head)
				}
				// The hop's own span is below the client's, or nothing is.
				own := map[string]string{"W3C": "traceparent", "l5d and W3C": "traceparent", "B3": "x-b3-spanid"}[test.name]
				if test.goesOn && strings.Contains(strings.Join(lines(head, own), ""), strangersSpan) {
					t.Errorf("the hop's own span did not take the client's place:\n%s", head)
				}
				if !test.goesOn && !strings.Contains(head, strangersSpan) {
					t.Errorf("a format that the propagator does not know did not pass:\n%s", head)
				}
			})
		})
	}
}

// TestForgedCertificate: a certificate that CGI would show as the one that a
// proxy vouches for stays behind like that one.
func TestForgedCertificate(t *testing.T) {
	var backend seen
	h := startHop(t, startBackend(t, http.HandlerFunc(backend.ServeHTTP)))
	h.exchange(t, get("X_Forwarded_Client_Cert: Hash=1\r\nx.forwarded-client_cert: Hash=2\r\n"))
	for name, values := range backend.Header {
		if strings.Contains(values[0], "Hash=") {
			t.Errorf("the endpoint got %s", name)
		}
	}
}
