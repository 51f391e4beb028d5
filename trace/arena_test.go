package trace_test

import (
	"context"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// Name and http.uri say what net/url says, whether or not they fit into the
// span, and stay as they are when the span has ended.
func TestNamesOfRequests(t *testing.T) {
	p, rec := recorded(t)
	h := hop(trace.HopConfig{TracerProvider: p})
	long := strings.Repeat("/abcdefghi", 30)
	urls := []*url.URL{nil, {Opaque: "//host/x"}, {Opaque: "*"}, {ForceQuery: true}, {Path: "/a", ForceQuery: true}}
	for _, text := range []string{"http://h", "http://h/", "http://h/a%20b", "http://h/a%2fb?q=1&r=%20", "http://h?x", "//h/%C3%A9", "http://h" + long, "http://h" + long + "?" + long, "/a b/\"\\"} {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		urls = append(urls, u)
	}
	for _, u := range urls {
		rec.Reset()
		r := &http.Request{Method: "PUT", URL: u}
		_, span := h.StartClient(context.Background(), r, hopspan.ClientStart{})
		hopspan.EndClient(span, nil)
		name, uri := "/", "/"
		if u != nil {
			uri = u.RequestURI()
			if path := u.EscapedPath(); path != "" {
				name = path
			}
		}
		got := rec.Records()[0]
		runtime.GC()
		if tag := tracetest.Tags(got)["http.uri"]; got.Name != "PUT "+name || tag != uri {
			t.Errorf("%v: name %q, http.uri %q, want %q and %q", u, got.Name, tag, "PUT "+name, uri)
		}
	}
}

func TestServerNameIsSetTwice(t *testing.T) {
	p, rec := recorded(t)
	h := hop(trace.HopConfig{TracerProvider: p})
	_, span := h.StartServer(context.Background(), http.Header{}, serverStart)
	for _, dst := range []string{"/svc/a", "/svc/b", "/svc/" + strings.Repeat("c", 200)} {
		i := identified
		i.Dst = dst
		hopspan.Identified(span, i)
	}
	hopspan.EndServer(span, 200)
	if got := rec.Records()[0]; got.Name != "outgoing /svc/"+strings.Repeat("c", 200) || len(got.Attributes) != 6 {
		t.Errorf("%q, %v", got.Name, got.Attributes)
	}
}

// A span can be sent on more than once, and what was written stays.
func TestInjectTwice(t *testing.T) {
	for _, rate := range []float64{0, 1} {
		p := provider(t, trace.ProviderConfig{Sink: discard{}, Sampler: sampler(t, rate), WideIDs: true})
		h := hop(trace.HopConfig{TracerProvider: p})
		ctx, span := h.StartClient(context.Background(), request(t, "GET", "http://world"), hopspan.ClientStart{})
		one, two := http.Header{}, http.Header{"l5d-ctx-trace": {"old"}}
		h.Inject(ctx, one)
		h.Inject(ctx, two)
		one["L5d-Ctx-Trace"][0] = "changed"
		one["L5d-Ctx-Trace"] = append(one["L5d-Ctx-Trace"], "more")
		c, ok := trace.L5d().Extract(two)
		if want := trace.FromContext(ctx); !ok || c.Span != want.Span || c.Trace != want.Trace || len(two) != 2 {
			t.Errorf("%+v from %v, want %+v", c, two, want)
		}
		if got := one["L5d-Reqid"]; len(got) != 1 || got[0] != two["L5d-Reqid"][0] || len(got[0]) != 16 {
			t.Errorf("reqid %q", got)
		}
		span.End()
	}
}

// The context below a span is one like any other.
func TestContextBelowASpan(t *testing.T) {
	type key struct{}
	for _, rate := range []float64{0, 1} {
		p := provider(t, trace.ProviderConfig{Sink: discard{}, Sampler: sampler(t, rate)})
		above, cancel := context.WithCancel(context.WithValue(context.Background(), key{}, "value"))
		ctx, span := p.Tracer("").Start(above, "x")
		below, stop := context.WithCancel(context.WithValue(ctx, new(int), 1))
		defer stop()
		if oteltrace.SpanFromContext(below) != span || below.Value(key{}) != "value" || below.Value("none") != nil {
			t.Errorf("span %v, value %v", oteltrace.SpanFromContext(below), below.Value(key{}))
		}
		inner, other := p.Tracer("").Start(below, "y")
		if oteltrace.SpanFromContext(inner) != other || oteltrace.SpanFromContext(below) != span {
			t.Error("the spans are mixed up")
		}
		goroutines := runtime.NumGoroutine()
		watched, done := context.WithCancel(inner)
		if n := runtime.NumGoroutine(); n > goroutines {
			t.Errorf("%d goroutines to watch a context", n-goroutines)
		}
		cancel()
		<-watched.Done()
		done()
		if ctx.Err() != context.Canceled || inner.Err() != context.Canceled {
			t.Errorf("%v, %v", ctx.Err(), inner.Err())
		}
	}
}
