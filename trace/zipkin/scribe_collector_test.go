package zipkin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	oteltrace "go.opentelemetry.io/otel/trace"

	memory "github.com/meshhop/meshhop/internal/collector"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/spantest"
	"github.com/meshhop/meshhop/trace/zipkin"
)

// scribeOf returns a collector, where it takes spans by Scribe, and its API.
func scribeOf(t *testing.T, c memory.Config) (store *memory.Collector, addr string, api *httptest.Server) {
	t.Helper()
	store, err := memory.New(c)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.NewScribe(memory.ScribeConfig{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	api = httptest.NewServer(store)
	t.Cleanup(func() {
		api.Close()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return store, l.Addr().String(), api
}

// numbered is a span of its own.
func numbered(n int) *trace.Record {
	r := *full()
	r.Trace = oteltrace.TraceID{7: 1, 13: byte(n >> 16), 14: byte(n >> 8), 15: byte(n)}
	r.Span = oteltrace.SpanID{0: 1, 5: byte(n >> 16), 6: byte(n >> 8), 7: byte(n)}
	return &r
}

// The collector has each span that was added, over real connections.
func TestScribeToCollector(t *testing.T) {
	store, addr, _ := scribeOf(t, memory.Config{MaxBytes: 512 << 20})
	s := newSink(t, zipkin.Config{Transport: "scribe", ScribeAddr: addr})
	const n = 20_000
	for i := range n {
		s.Add(numbered(i))
	}
	if err := s.Close(within(t, time.Minute)); err != nil {
		t.Error(err)
	}
	stats := check(t, s, n)
	if got := store.Stats(); stats.Exported != n || got.Stored != n || got.Cut != 0 || got.Rejected != (memory.Rejected{}) {
		t.Errorf("%+v; the collector has %+v", stats, got)
	}
}

// A span is the same in the collector, whether it came by Scribe or by HTTP.
func TestScribeAndHTTPAreTheSame(t *testing.T) {
	byScribe, addr, scribeAPI := scribeOf(t, memory.Config{})
	byHTTP, _, httpAPI := scribeOf(t, memory.Config{})
	one := newSink(t, zipkin.Config{Transport: "scribe", ScribeAddr: addr})
	other := newSink(t, zipkin.Config{Endpoint: httpAPI.URL + "/api/v2/spans"})
	vector, _ := vector350()
	records := append(spantest.Samples(30), full(), vector)
	for _, r := range records {
		one.Add(r)
		other.Add(r)
	}
	for _, s := range []*zipkin.Sink{one, other} {
		if err := s.Close(within(t, time.Minute)); err != nil {
			t.Error(err)
		}
	}
	if a, b := byScribe.Stats().Stored, byHTTP.Stats().Stored; a != b || a == 0 {
		t.Errorf("%d by Scribe, %d by HTTP", a, b)
	}
	var ids []string
	for _, r := range records {
		ids = append(ids, fmt.Sprintf("%x", r.Trace[:]))
	}
	for _, id := range slices.Compact(ids) {
		if d := cmp.Diff(body(t, httpAPI.URL+"/api/v2/trace/"+id), body(t, scribeAPI.URL+"/api/v2/trace/"+id)); d != "" {
			t.Errorf("%s (-HTTP +Scribe): %s", id, d)
		}
	}
}

// body returns the spans of a trace; several shards keep no order.
func body(t *testing.T, url string) []string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var list []json.RawMessage
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		t.Fatalf("%s: %s: %v", url, resp.Status, err)
	}
	var out []string
	for _, one := range list {
		out = append(out, string(one))
	}
	slices.Sort(out)
	return out
}
