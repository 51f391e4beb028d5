package wire_test

import (
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/internal/wire"
)

// What a hop does to every request is on a budget.
func TestAllocations(t *testing.T) {
	in := http.Header{wire.TraceName: {"1"}, wire.DeadlineName: {"2"}, wire.SampleName: {"0.5"}, "Uber-Trace-Id": {"3"}, "Accept": {"*/*"}}
	lower := http.Header{"l5d-ctx-trace": {"1"}, "uber-trace-id": {"3"}}
	bad := http.Header{wire.SampleName: {"yes"}}
	canonical := in.Clone()
	for _, tt := range []struct {
		what string
		most float64
		f    func()
	}{
		{"First", 0, func() { wire.First(in, wire.TraceName) }},
		{"First, lower-case key", 0, func() { wire.First(lower, wire.TraceName) }},
		{"First, a name that is not ours", 0, func() { wire.First(lower, "Uber-Trace-Id") }},
		{"Values, absent", 0, func() { wire.Values(in, wire.TracestateName) }},
		{"Set", 1, func() { wire.Set(in, wire.TraceName, "1") }},
		{"Dtabs, absent", 0, func() { wire.Dtabs(in) }},
		{"Sample", 0, func() { wire.Sample(in) }},
		{"Sample, malformed", 0, func() { wire.Sample(bad) }},
		{"LowerNames", 0, func() {
			for _, name := range []string{wire.TraceName, wire.DeadlineName, wire.SampleName} {
				wire.Del(canonical, name)
				canonical[name] = in[name]
			}
			wire.LowerNames(canonical)
		}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			if got := testing.AllocsPerRun(200, tt.f); got > tt.most {
				t.Errorf("%v allocations, at most %v allowed", got, tt.most)
			}
		})
	}
}
