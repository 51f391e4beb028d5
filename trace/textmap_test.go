package trace_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/propagation"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// hidden is a TextMapPropagator that nobody can tell the kind of.
type hidden struct{ propagation.TextMapPropagator }

// TestFromTextMap: OpenTelemetry's own propagators, and ours as such, keep what
// a Propagator promises.
func TestFromTextMap(t *testing.T) {
	for name, row := range map[string]struct {
		p       propagation.TextMapPropagator
		carries tracetest.Carries
	}{
		"trace context":             {propagation.TraceContext{}, tracetest.Carries{State: true, Random: true}},
		"trace context and baggage": {propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}), tracetest.Carries{State: true, Random: true}},
		"ours: l5d":                 {hidden{trace.TextMap(trace.L5d())}, tracetest.Carries{}},
		"ours: b3":                  {hidden{trace.TextMap(trace.B3())}, tracetest.Carries{}},
		"ours: b3 single":           {hidden{trace.TextMap(trace.B3Single())}, tracetest.Carries{}},
	} {
		t.Run(name, func(t *testing.T) { tracetest.TestPropagator(t, trace.FromTextMap(row.p), row.carries) })
	}
}

// TestBaggagePasses: it is not the hop's.
func TestBaggagePasses(t *testing.T) {
	p := trace.FromTextMap(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	h := http.Header{
		"Traceparent": {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
		"Tracestate":  {"a=1"},
		"Baggage":     {"user=7"},
	}
	c, ok := p.Extract(h)
	if got, want := summary(c, ok), "4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7 - 0 keep"; got != want || c.State != "a=1" {
		t.Errorf("got %q, %q", got, c.State)
	}
	p.Clear(h)
	if diff := cmp.Diff(http.Header{"Baggage": {"user=7"}}, h); diff != "" {
		t.Error(diff)
	}
	p.Inject(h, c)
	if len(h) != 3 || h.Get("Baggage") != "user=7" {
		t.Errorf("%v", h)
	}
}

// TestTextMap: our propagators work where OpenTelemetry's are expected, with
// headers and with any other carrier.
func TestTextMap(t *testing.T) {
	const id = "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAIAAAAAAY=" // a flag that nobody knows
	for name, carrier := range map[string]propagation.TextMapCarrier{
		"headers":            propagation.HeaderCarrier(http.Header{"L5d-Ctx-Trace": {id}}),
		"lower-case headers": propagation.HeaderCarrier(http.Header{"l5d-ctx-trace": {id}}),
		"a map":              propagation.MapCarrier{"l5d-ctx-trace": id},
	} {
		t.Run(name, func(t *testing.T) {
			p := trace.TextMap(trace.L5d())
			ctx := p.Extract(context.Background(), carrier)
			if sc := oteltrace.SpanContextFromContext(ctx); !sc.IsRemote() || !sc.IsSampled() || sc.SpanID() != (oteltrace.SpanID{7: 3}) {
				t.Errorf("%+v", sc)
			}
			provider, _ := sdkProvider(t)
			ctx, span := provider.Tracer("test").Start(ctx, "work")
			defer span.End()
			out := propagation.MapCarrier{"l5d-ctx-trace": "of another span"}
			p.Inject(ctx, out)
			sent, err := ctxhdr.ParseTraceID(out["l5d-ctx-trace"])
			if err != nil || sent.Trace != 1 || sent.Parent != 3 || sent.Span == 3 || sent.Flags != 1<<43|6 || out["l5d-reqid"] != "0000000000000001" || len(out) != 2 {
				t.Errorf("injected %v: %+v, %v", out, sent, err)
			}
			h := http.Header{"l5d-ctx-trace": {"of another span"}, "Accept": {"*/*"}}
			p.Inject(ctx, propagation.HeaderCarrier(h))
			if got, ok := ctxhdr.Trace(h); !ok || got != sent || len(h) != 3 {
				t.Errorf("%v", h)
			}
		})
	}
	t.Run("nothing to read, nothing to write", func(t *testing.T) {
		p := trace.TextMap(trace.B3())
		ctx := context.Background()
		if got := p.Extract(ctx, propagation.MapCarrier{"x-b3-traceid": "nonsense"}); got != ctx {
			t.Error("a span was found")
		}
		out := propagation.MapCarrier{}
		if p.Inject(ctx, out); len(out) != 0 {
			t.Errorf("%v", out)
		}
	})
	t.Run("fields", func(t *testing.T) {
		for _, row := range []struct {
			p    trace.Propagator
			want []string
		}{
			{trace.L5d(), []string{"l5d-ctx-trace", "l5d-reqid"}},
			{trace.B3(), []string{"x-b3-flags", "x-b3-parentspanid", "x-b3-sampled", "x-b3-spanid", "x-b3-traceid"}},
			{trace.B3Single(), []string{"b3"}},
			{trace.W3C(), []string{"traceparent", "tracestate"}},
		} {
			if got := trace.TextMap(row.p).Fields(); !slices.Equal(got, row.want) {
				t.Errorf("%q, want %q", got, row.want)
			}
		}
	})
	t.Run("there and back", func(t *testing.T) {
		if got := trace.FromTextMap(trace.TextMap(trace.B3())); got != trace.B3() {
			t.Errorf("%T", got)
		}
		if got := trace.TextMap(trace.FromTextMap(propagation.TraceContext{})); got != (propagation.TraceContext{}) {
			t.Errorf("%T", got)
		}
	})
}

// TestBridgeClearing: what goes on is what was neither cleared nor written.
func TestBridgeClearing(t *testing.T) {
	ps := func(p ...trace.Propagator) []trace.Propagator { return p }
	in := http.Header{
		"L5d-Ctx-Trace": {"AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY="},
		"Traceparent":   {"00-00000000000000000000000000000005-0000000000000006-01"},
		"B3":            {"7-8-1"},
		"X-B3-Spanid":   {"9"},
	}
	for _, row := range []struct {
		about                  string
		extract, inject, clear []trace.Propagator
		want                   string // names that go on
	}{
		{"what is read and written", ps(trace.W3C()), ps(trace.L5d()), ps(trace.W3C(), trace.L5d()), "b3 l5d-ctx-trace l5d-reqid x-b3-spanid"},
		{"nothing", ps(trace.W3C()), ps(trace.L5d()), nil, "b3 l5d-ctx-trace l5d-reqid traceparent x-b3-spanid"},
		{"what nobody knows", ps(trace.L5d()), ps(trace.L5d()), ps(trace.W3C(), trace.B3(), trace.B3Single()), "l5d-ctx-trace l5d-reqid"},
	} {
		t.Run(row.about, func(t *testing.T) {
			p := trace.BridgeClearing(row.extract, row.inject, row.clear)
			h := in.Clone()
			c, _ := p.Extract(h)
			p.Clear(h)
			p.Inject(h, c)
			wire.LowerNames(h)
			var names string
			for _, name := range slices.Sorted(maps.Keys(h)) {
				names += name + " "
			}
			if names != row.want+" " {
				t.Errorf("%s goes on, want %s", names, row.want)
			}
		})
	}
}
