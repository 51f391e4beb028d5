package router

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/inbound"
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
		NewTransport: func(resolve.Address, TransportConfig) http.RoundTripper { return unanswered{} },
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
	_, c, err := b.client(context.Background(), limit{})
	if err != nil {
		return err
	}
	defer c.done()
	set, err := c.sample(context.Background(), d, limit{})
	if err != nil {
		return err
	}
	lease := set.picker.Pick(nil).Acquire()
	lease.Done()
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
const roundTripAllocs = 21

func TestRoundTripAllocations(t *testing.T) {
	r, _ := bound(t)
	request := example(t)
	n := testing.AllocsPerRun(500, func() { roundTrip(t, r, request) })
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
		roundTrip(b, r, request)
	}
}

// BenchmarkProxied is the same for a proxy.
func BenchmarkProxied(b *testing.B) {
	r, _ := bound(b)
	request := example(b)
	b.ReportAllocs()
	for b.Loop() {
		passed(b, r, request, &inbound.Request{}, &inbound.Context{})
	}
}

// passed sends a request as a proxy does.
func passed(tb testing.TB, r *Router, request *http.Request, local *inbound.Request, ctx *inbound.Context) {
	*ctx = inbound.Context{Context: request.Context(), Request: local}
	sent := *request.WithContext(ctx)
	resp, err := r.RoundTrip(&sent)
	if err != nil {
		tb.Fatal(err)
	}
	resp.Body.Close()
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

func roundTrip(tb testing.TB, r *Router, request *http.Request) {
	resp, err := r.RoundTrip(request)
	if err != nil {
		tb.Fatal(err)
	}
	resp.Body.Close()
}

// TestLimitAllocations: a limit costs one timer, and a body that is kept the view
// of it, whatever the policy says; what there is no limit for costs nothing.
func TestLimitAllocations(t *testing.T) {
	r, _ := bound(t)
	plain := allocationsOf(t, r, &inbound.Request{}, nil)
	timed := allocationsOf(t, r, &inbound.Request{Timeout: time.Minute}, nil)
	body := allocationsOf(t, r, &inbound.Request{}, unread{})
	t.Logf("%v allocations; with a timeout %v; with a body %v", plain, timed, body)
	if timed > plain+10 {
		t.Errorf("a timeout costs %v allocations", timed-plain)
	}
	if body > plain+2 { // our own header is one of them
		t.Errorf("a body that nobody reads costs %v allocations", body-plain)
	}
}

func allocationsOf(t *testing.T, r *Router, local *inbound.Request, body io.ReadCloser) float64 {
	request := example(t)
	once := *local
	ctx := new(inbound.Context)
	return testing.AllocsPerRun(500, func() {
		*local = once
		request.Body = body
		passed(t, r, request, local, ctx)
	}) - 1 // the copy of the request, which a proxy has in its own allocation
}

type unread struct{}

func (unread) Read([]byte) (int, error) { return 0, io.EOF }
func (unread) Close() error             { return nil }

// TestBucketKeepsCount: nothing that is put in is lost, however many do so at
// once, and no more is taken out than is there.
func TestBucketKeepsCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // no time passes
		budget, err := NewBudget(10*time.Second, 1, 0.5)
		if err != nil {
			t.Fatal(err)
		}
		b := newBucket(budget)
		var taken atomic.Int64
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				for range 1000 {
					b.put()
					if b.take() {
						taken.Add(1)
					}
				}
			})
		}
		group.Wait()
		if got := taken.Load() + b.balance(); got != 8*1000/2+10 {
			t.Errorf("%d were taken or are left, want %d", got, 8*1000/2+10)
		}
	})
}

// TestBucketIsLate: who notes something so slowly that the window has gone once round
// meanwhile leaves the sum of now alone. What was granted stays granted.
func TestBucketIsLate(t *testing.T) {
	b := newBucket(Budget{})
	const late, now = 3, 3 + bucketSlots
	if !b.add(now, 5) || !b.add(late, -2) || b.sum(now) != 5 {
		t.Errorf("the sum is %d", b.sum(now))
	}
}

func BenchmarkBucketPut(b *testing.B) {
	bucket := newBucket(Budget{})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			bucket.put()
		}
	})
}
