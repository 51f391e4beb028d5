package router

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"testing"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// fakeStage stands below the stage that a test is about, and notes its calls.
type fakeStage struct {
	does     func(x *exchange) (*http.Response, error) // nil: an empty response of status 200
	ends     func(x *exchange, o Outcome)              // nil: nothing
	calls    []string                                  // such as "do", "answered", "unsent, again"
	outcomes []Outcome
}

func (f *fakeStage) do(x *exchange) (*http.Response, error) {
	f.calls = append(f.calls, "do")
	if f.does != nil {
		return f.does(x)
	}
	return responseOf(http.StatusOK), nil
}

func (f *fakeStage) done(x *exchange, o Outcome) {
	call := o.String()
	if o.again {
		call += ", again"
	}
	f.calls = append(f.calls, call)
	f.outcomes = append(f.outcomes, o)
	if f.ends != nil {
		f.ends(x, o)
	}
}

// want compares the calls since the last time.
func (f *fakeStage) want(t testing.TB, calls ...string) {
	t.Helper()
	if !slices.Equal(f.calls, calls) {
		t.Errorf("the stage below had the calls %q, want %q", f.calls, calls)
	}
	f.calls, f.outcomes = nil, nil
}

// responseOf is a response without a body.
func responseOf(status int) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody}
}

var errFake = errors.New("out of order")

// reports notes what is reported of the endpoints of a set.
type reports struct {
	said []string
	dead bool // the next failure marks the endpoint dead
}

func (r *reports) Policy() balance.Policy { return r }
func (r *reports) Success()               { r.said = append(r.said, "success") }
func (r *reports) Revived()               { r.said = append(r.said, "revived") }
func (r *reports) Failure() bool {
	r.said = append(r.said, "failure")
	return r.dead
}

// alone has what one stage needs to be tested alone: a router whose names are all bound
// to one set of three endpoints, an exchange that has come as far as its client, and a
// fake stage below.
type alone struct {
	*Router
	x       *exchange
	service *service
	client  *client
	below   *fakeStage
	reports reports
	spans   tracetest.Recorder
}

func newAlone(t testing.TB, change ...func(*Config)) *alone {
	t.Helper()
	s := &alone{below: new(fakeStage)}
	sampler, err := trace.NewSampler(1)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: &s.spans, Sampler: sampler})
	if err != nil {
		t.Fatal(err)
	}
	config := Config{
		Hop: trace.NewHop(trace.HopConfig{TracerProvider: provider}),
		Interpreter: constant{resolve.LeafOf(&resolve.Bound{
			ID:   resolve.MustPath("/#/fake/web"),
			Addr: resolve.Const(resolve.Replicas{Addresses: []resolve.Address{addressOf(1), addressOf(2), addressOf(3)}}),
		})},
		Clients:      func(resolve.Path) ClientPolicy { return ClientPolicy{FailureAccrual: &s.reports} },
		NewTransport: func(resolve.Address, TransportConfig) http.RoundTripper { return unanswered{} },
	}
	for _, c := range change {
		c(&config)
	}
	if s.Router, err = New(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	asked, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://web/", nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.bindingOf(dst{path: resolve.MustPath("/svc/web")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.done)
	leaf, c, err := b.client(t.Context(), limit{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.done)
	set, err := c.sample(t.Context(), b.dst, limit{})
	if err != nil {
		t.Fatal(err)
	}
	s.service, s.client = b.service, c
	s.x = &exchange{
		router: s.Router, ctx: asked.Context(), asked: asked, out: asked, local: new(inbound.Request),
		binding: b, service: b.service, leaf: leaf, set: set,
	}
	return s
}

// addressOf is the nth address of the set.
func addressOf(n byte) resolve.Address {
	return resolve.Address{Weight: 1, AddrPort: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, n}), 80)}
}

// begin begins an attempt at an endpoint, as pick and clientSpan do.
func (s *alone) begin(endpoint int) *attempt {
	a := s.x.newAttempt(s.client.set.Endpoints()[endpoint])
	a.ctx, a.span = s.hop.StartClient(s.x.ctx, s.x.out, hopspan.ClientStart{Service: s.client.label})
	a.recording = true
	return a
}

// fails is an attempt at the first endpoint that ended without a response.
func (s *alone) fails(result endKind, err error) (*http.Response, error) {
	return nil, s.begin(0).fail(result, &Error{Kind: RequestFailed, Err: err})
}

// responds is an attempt at the first endpoint that has a response.
func (s *alone) responds(class Class, resp *http.Response) (*http.Response, error) {
	s.begin(0).follow(resp)
	s.x.class = class
	return resp, nil
}

// forget ends the attempt, as pick does.
func forget(x *exchange, _ Outcome) { x.attempt = nil }

// recorded ends a span and returns what it recorded.
func (s *alone) recorded(span oteltrace.Span) *trace.Record {
	span.End()
	all := s.spans.Records()
	return all[len(all)-1]
}

// tagOf is a tag of a span; "": it has none of that key.
func tagOf(r *trace.Record, key string) string { return tracetest.Tags(r)[key] }

// serve gives the exchange a server span.
func (s *alone) serve() oteltrace.Span {
	_, span := s.hop.StartServer(context.Background(), http.Header{}, hopspan.ServerStart{})
	s.x.local.ServerSpan = span
	return span
}

// clientUsers is how many hold the client besides the test and the cache.
func (s *alone) clientUsers() int64 { return s.client.users.Load() - 2 }

// cancelled is a context that has ended.
func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// brokenReader fails at once.
type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errFake }
