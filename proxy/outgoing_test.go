package proxy_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// outgoing is a hop of which we want to know what it sends.
type outgoing struct {
	transport  func(resolve.Address, router.TransportConfig) http.RoundTripper
	propagator trace.Propagator
	clear      bool
	authority  string
}

// TestLawOutgoing: what goes out is what a copy of the request would be whose
// header map was edited in place, and the request itself stays as it was; when
// its response has come nobody reads it any more.
func TestLawOutgoing(t *testing.T) {
	bridge := trace.Bridge([]trace.Propagator{trace.L5d(), trace.B3()}, []trace.Propagator{trace.L5d(), trace.W3C()})
	for name, o := range map[string]outgoing{
		"own client":                              {transport: router.H1Transport, propagator: trace.L5d()},
		"own client, clear":                       {transport: router.H1Transport, propagator: trace.L5d(), clear: true},
		"own client, authority":                   {transport: router.H1Transport, propagator: trace.L5d(), authority: "acme.co"},
		"own client, B3":                          {transport: router.H1Transport, propagator: trace.B3()},
		"own client, bridge, clear":               {transport: router.H1Transport, propagator: bridge, clear: true},
		"net/http's client":                       {transport: router.HTTPTransport, propagator: trace.L5d()},
		"net/http's client, bridge":               {transport: router.HTTPTransport, propagator: bridge},
		"net/http's client, B3, clear, authority": {transport: router.HTTPTransport, propagator: trace.B3(), clear: true, authority: "acme.co"},
	} {
		t.Run(name, func(t *testing.T) {
			backend := startWire(t)
			address := resolve.Address{AddrPort: netip.MustParseAddrPort(backend.addr), Authority: o.authority}
			h := startHop(t, "", o.options(t)...)
			h.names.SetReplicas("/web", resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Addresses: []resolve.Address{address}}})
			plain := o.transport(address, router.TransportConfig{})
			rapid.Check(t, func(t *rapid.T) {
				make := drawRequest(t)
				in, before := make(), make()
				h.server.ServeHTTP(httptest.NewRecorder(), in)
				got := backend.take()
				for i := range got.Header {
					got.Header[i] = unmarked(got.Header[i])
				}
				if diff := cmp.Diff(before, in, cmpopts.IgnoreUnexported(http.Request{}), cmpopts.IgnoreFields(http.Request{}, "Body", "Trailer")); diff != "" {
					t.Errorf("the request was changed (-before +after):\n%s", diff)
				}
				for name := range maps.Clone(in.Header) { // should anybody read it still, the race detector tells
					in.Header[name][0] = "over"
					delete(in.Header, name)
				}
				resp, err := plain.RoundTrip(o.edited(make()))
				if err == nil {
					resp.Body.Close()
				}
				if diff := cmp.Diff(backend.take(), got, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("(-want +got, %v):\n%s", err, diff)
				}
			})
		})
	}
}

func (o outgoing) options(t *testing.T) []option {
	return []option{
		withDtab("/svc/some => /#/fake/web"),
		withProxy(func(c *proxy.Config) { c.ClearContext = o.clear }),
		withRouter(func(c *router.Config) {
			c.Identifier = router.Static(resolve.MustPath("/some/rest"))
			c.NewTransport = o.transport
			provider, err := trace.NewProvider(trace.ProviderConfig{})
			if err != nil {
				t.Fatal(err)
			}
			c.Hop = trace.NewHop(trace.HopConfig{Propagator: o.propagator, TracerProvider: provider})
		}),
	}
}

// edited is the request that should go out.
func (o outgoing) edited(r *http.Request) *http.Request {
	h := r.Header
	caller, _ := o.propagator.Extract(h)
	rate, given := wire.Sample(h)
	if rater, ok := o.propagator.(interface {
		SampleRate(http.Header) (float64, bool)
	}); ok {
		rate, given = rater.SampleRate(h)
	}
	deadline, _ := ctxhdr.Deadlines(h)
	dtab, err := inbound.ParseDtab(wire.Dtabs(h))
	if o.clear {
		caller, given, deadline, dtab, err = trace.Context{}, false, ctxhdr.Deadline{}, nil, nil
	}
	if err != nil {
		panic(err)
	}
	if o.clear {
		ctxhdr.Clear(h)
		maps.DeleteFunc(h, func(name string, _ []string) bool { return wire.IsForeignTrace(name) })
	}
	stripOptions(r)
	for _, name := range []string{"X-Forwarded-Client-Cert", "x-forwarded-client-cert", "Finagle-Http-Retryable-Request"} {
		delete(h, name)
	}
	if r.ContentLength > 0 {
		h["finagle-http-retryable-request"] = []string{""} // the body is kept
	}
	hop := "1.1 linkerd (R.N)"
	if !r.ProtoAtLeast(1, 1) {
		hop = "1.0 linkerd (R.N)"
	}
	if via := h["Via"]; len(via) > 0 {
		hop = via[len(via)-1] + ", " + hop
		h["Via"] = via[:len(via)-1]
	}
	h["Via"] = append(h["Via"], hop)

	o.propagator.Clear(h)
	wire.Del(h, ctxhdr.TraceName, ctxhdr.SampleName, wire.DstServiceName, wire.DstClientName, wire.DstResidualName)
	h[wire.DstServiceName] = []string{"/svc/some/rest"}
	h[wire.DstClientName] = []string{"/#/fake/web"}
	h[wire.DstResidualName] = []string{"/rest"}
	span := trace.Context{Trace: [16]byte{15: 1}, Random: true}
	if caller.IsValid() {
		span = caller
	}
	span.Span, span.Parent = [8]byte{7: 1}, [8]byte{7: 2}
	switch {
	case given && rate > 0:
		span.Sampling = trace.Keep
	case given:
		span.Sampling = trace.Drop
	}
	o.propagator.Inject(h, span)
	wire.Del(h, wire.CtxDtabName, wire.DtabName)
	if len(dtab) > 0 {
		h[wire.CtxDtabName] = []string{dtab.String()}
	}
	if !deadline.IsZero() {
		wire.Set(h, wire.DeadlineName, deadline.String())
	}

	target := r.RequestURI
	if _, rest, absolute := strings.Cut(target, "://"); absolute {
		switch _, after, found := strings.Cut(rest, "/"); {
		case found:
			target = "/" + after
		case strings.Contains(rest, "?"):
			target = "/" + rest[strings.Index(rest, "?"):]
		case r.Method == http.MethodOptions:
			target = "*"
		default:
			target = "/"
		}
	}
	r.URL = &url.URL{Scheme: "http", Host: r.Host}
	httpx.SetRawTarget(r.URL, target)
	r.RequestURI, r.Close = "", false
	if o.authority != "" {
		r.Host = o.authority
	}
	return r
}

// stripOptions removes what concerns one connection, but for an upgrade.
func stripOptions(r *http.Request) {
	upgrade := ""
	for _, list := range slices.Clone(r.Header["Connection"]) {
		for option := range strings.SplitSeq(list, ",") {
			option = textproto.TrimString(option)
			if strings.EqualFold(option, "Upgrade") && r.ProtoAtLeast(1, 1) {
				upgrade = strings.Join(slices.DeleteFunc(slices.Clone(r.Header["Upgrade"]), func(s string) bool { return s == "" }), ", ")
			}
			if !strings.EqualFold(option, "Upgrade") {
				r.Header.Del(option)
			}
		}
	}
	for _, name := range []string{"Connection", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Keep-Alive", "Proxy-Connection", "Http2-Settings"} {
		delete(r.Header, name)
	}
	if upgrade != "" {
		r.Header["Connection"], r.Header["Upgrade"] = []string{"Upgrade"}, []string{upgrade}
	}
}
