package router

import (
	"context"
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/resolve"
)

// bound is a router with one name bound, and that name.
func bound(tb testing.TB) (*Router, dst) {
	tb.Helper()
	set := &resolve.Bound{
		ID:   resolve.MustPath("/#/fake/web"),
		Addr: resolve.Const(resolve.Replicas{Addresses: []resolve.Address{{Weight: 1}, {Weight: 1, Host: "b"}}}),
	}
	r, err := New(Config{
		Interpreter:  constant{resolve.LeafOf(set)},
		NewTransport: func(resolve.Address) http.RoundTripper { return unanswered{} },
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { r.Close() })
	d := dst{path: resolve.MustPath("/svc/web"), local: "/x=>/y"}
	if err := find(r, d); err != nil {
		tb.Fatal(err)
	}
	return r, d
}

type constant struct {
	tree resolve.NameTree[*resolve.Bound]
}

func (c constant) Bind(resolve.Dtab, resolve.Path) *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
	return resolve.Const(c.tree)
}

// unanswered is a transport with the cheapest answer there is.
type unanswered struct{}

func (unanswered) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

// find is what a request does to get at an endpoint.
func find(r *Router, d dst) error {
	b, err := r.bindingOf(d, nil)
	if err != nil {
		return err
	}
	defer b.done()
	leaf, err := b.client(context.Background(), limit{})
	if err != nil {
		return err
	}
	defer leaf.client.done()
	set, err := leaf.client.sample(context.Background(), d, limit{})
	if err != nil {
		return err
	}
	use := set.picker.Pick(nil).Begin()
	use.End()
	return nil
}

// TestBoundNameCostsNothing: a name that is known is found without allocating.
func TestBoundNameCostsNothing(t *testing.T) {
	r, d := bound(t)
	if n := testing.AllocsPerRun(1000, func() {
		if err := find(r, d); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("finding a bound name allocates %v times", n)
	}
}

func BenchmarkBoundName(b *testing.B) {
	r, d := bound(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := find(r, d); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBoundNameParallel(b *testing.B) {
	r, d := bound(b)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := find(r, d); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// roundTripAllocs is how often a whole RoundTrip may allocate, over a transport
// that does so once or twice. The request is a program's own: it is copied.
const roundTripAllocs = 24

func TestRoundTripAllocations(t *testing.T) {
	r, _ := bound(t)
	request := example(t)
	n := testing.AllocsPerRun(500, func() { send(t, r, request) })
	t.Logf("%v allocations", n)
	if n > roundTripAllocs {
		t.Errorf("a round trip allocates %v times, more than %d", n, roundTripAllocs)
	}
}

// BenchmarkRoundTrip is everything but the network.
func BenchmarkRoundTrip(b *testing.B) {
	r, _ := bound(b)
	request := example(b)
	b.ReportAllocs()
	for b.Loop() {
		send(b, r, request)
	}
}

// BenchmarkSend is the same for a proxy.
func BenchmarkSend(b *testing.B) {
	r, _ := bound(b)
	request := example(b)
	b.ReportAllocs()
	for b.Loop() {
		resp, err := r.Send(request.Context(), request, &Local{})
		if err != nil {
			b.Fatal(err)
		}
		resp.Body.Close()
	}
}

func example(tb testing.TB) *http.Request {
	tb.Helper()
	request, err := http.NewRequest("GET", "http://web/page?x=y", nil)
	if err != nil {
		tb.Fatal(err)
	}
	request.Header.Set("Accept", "*/*")
	return request
}

func send(tb testing.TB, r *Router, request *http.Request) {
	resp, err := r.RoundTrip(request)
	if err != nil {
		tb.Fatal(err)
	}
	resp.Body.Close()
}
