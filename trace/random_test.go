package trace_test

import (
	"net/http"
	"strings"
	"testing"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/trace"
)

// TestRandomFlag: the flag that says that a trace's id is random (Trace Context
// Level 2, section 3.2.3.4) is passed on as it came and set on new roots,
// whoever makes the spans. What came by l5d-ctx-trace or B3 alone is not known
// to be random.
func TestRandomFlag(t *testing.T) {
	const (
		ids = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-"
		l5d = "AAAAAAAAAAMAAAAAAAAAAqPOkp0ODkc2AAAAAAAAAAZL+S81d7NNpg==" // the same trace, kept
	)
	all := []trace.Propagator{trace.L5d(), trace.W3C(), trace.B3()}
	own, _ := recorded(t)
	for name, provider := range map[string]oteltrace.TracerProvider{"ours": own, "none": nil, "foreign": sdktrace.NewTracerProvider()} {
		for _, row := range []struct {
			name string
			in   http.Header
			want string
		}{
			{"kept, random", http.Header{"Traceparent": {ids + "03"}}, "-03"},
			{"kept", http.Header{"Traceparent": {ids + "01"}}, "-01"},
			{"dropped, random", http.Header{"Traceparent": {ids + "02"}}, "-02"},
			{"dropped", http.Header{"Traceparent": {ids + "00"}}, "-00"},
			{"flags without a meaning", http.Header{"Traceparent": {ids + "ff"}}, "-03"},
			{"a later version", http.Header{"Traceparent": {"01" + ids[2:] + "03-more"}}, "-03"},
			{"l5d alone", http.Header{"L5d-Ctx-Trace": {l5d}}, "-01"},
			{"l5d, and W3C knows more of the same trace", http.Header{"L5d-Ctx-Trace": {l5d}, "Traceparent": {ids + "03"}}, "-03"},
			{"l5d, and W3C knows another trace", http.Header{"L5d-Ctx-Trace": {l5d}, "Traceparent": {"00-1" + ids[4:] + "03"}}, "-01"},
			{"B3", http.Header{"X-B3-Traceid": {"1"}, "X-B3-Spanid": {"2"}, "X-B3-Sampled": {"1"}}, "-01"},
		} {
			t.Run(name+"/"+row.name, func(t *testing.T) {
				h := hop(trace.HopConfig{TracerProvider: provider, Propagator: trace.Bridge(all, all)})
				out := pass(h, row.in, request(t, "GET", "http://world"), nil)
				if got := out.Get("traceparent"); !strings.HasSuffix(got, row.want) {
					t.Errorf("traceparent %q, want %q at its end", got, row.want)
				}
			})
		}
		if name != "foreign" { // whose ids we do not know
			t.Run(name+"/a new root", func(t *testing.T) {
				h := hop(trace.HopConfig{TracerProvider: provider, Propagator: trace.W3C()})
				out := pass(h, http.Header{}, request(t, "GET", "http://world"), nil)
				if got := out.Get("traceparent"); !strings.HasSuffix(got, "-02") && !strings.HasSuffix(got, "-03") {
					t.Errorf("traceparent %q is not one of a random trace", got)
				}
			})
		}
	}
}

// TestHopClear: l5d-ctx-trace and l5d-sample go, whatever the propagator: the
// next hop would take an older span for its parent.
func TestHopClear(t *testing.T) {
	for name, propagator := range map[string]trace.Propagator{"l5d": trace.L5d(), "B3": trace.B3(), "b3": trace.B3Single(), "W3C": trace.W3C()} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{"L5d-Ctx-Trace": {"1"}, "l5d-ctx-trace": {"2"}, "L5d-Sample": {"1"}, "l5d-sample": {"0"}, "L5d-Ctx-Dtab": {"/a=>/b"}}
			hop(trace.HopConfig{Propagator: propagator}).Clear(h)
			if len(h) != 1 || h.Get("L5d-Ctx-Dtab") == "" {
				t.Errorf("left %v", h)
			}
		})
	}
}
