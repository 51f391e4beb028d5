package spantest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/trace"
)

// Hostile checks that any value of any trace header is either
// refused or understood so that it can be passed on: it is what fuzz targets
// call. Values with a line break stand for several headers.
func Hostile(t testing.TB, p trace.Propagator, value string) {
	t.Helper()
	child := trace.Context{
		Trace: oteltrace.TraceID{8: 1, 15: 0xff}, Span: oteltrace.SpanID{0: 0x80, 7: 3}, Parent: oteltrace.SpanID{7: 2}, Sampling: trace.Keep,
	}
	for _, name := range []string{
		wire.TraceName, wire.B3Name, wire.B3TraceIDName, wire.B3SpanIDName, wire.B3ParentSpanIDName,
		wire.B3SampledName, wire.B3FlagsName, wire.TraceparentName, wire.TracestateName,
	} {
		h := http.Header{}
		p.Inject(h, child)
		h[name] = strings.Split(value, "\n")
		before := Show(h)
		c, ok := p.Extract(h)
		if Show(h) != before {
			t.Fatalf("%s: %q: Extract changed the header to\n%s", name, value, Show(h))
		}
		if r, is := p.(rater); is {
			if rate, ok := r.SampleRate(h); ok && !(rate >= 0 && rate <= 1) {
				t.Fatalf("%s: %q: rate %v", name, value, rate)
			}
		}
		if !ok {
			continue
		}
		if !c.IsValid() {
			t.Fatalf("%s: %q: ok, but not valid: %+v", name, value, c)
		}
		again := http.Header{}
		p.Inject(again, c)
		if back, ok := p.Extract(again); !ok || back.Span != c.Span || back.Sampled() != c.Sampled() || back.State != c.State {
			t.Fatalf("%s: %q: extracted %+v, and after passing it on %+v", name, value, c, back)
		}
	}
}

// HostileValues returns values that are malformed in many ways.
func HostileValues() []string {
	return []string{
		"", " ", "-", "---", "--------", "0", "1", "d", "NaN", "1e400", "-1", "00", "ff", "\x00", "\xff\xfe", "é",
		strings.Repeat("0", 16), strings.Repeat("0", 32), strings.Repeat("f", 1<<16), strings.Repeat("-", 1<<16),
		strings.Repeat("a=b,", 1<<14), "a\nb", "1\n1",
		"AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY=", "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY=x",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "463ac35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312-1",
		"00-00000000000000000000000000000000-0000000000000000-01", "ff-463ac35c9f6413ad48485a3953bb6124-a2fb4a1d1a96d312-01",
	}
}

// Show writes a header with its names in order.
func Show(h http.Header) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, v := range h[name] {
			b.WriteString(name + ": " + v + "\n")
		}
	}
	return b.String()
}

// rater reads a sample rate; see trace.Propagator.
type rater interface {
	SampleRate(h http.Header) (rate float64, ok bool)
}
