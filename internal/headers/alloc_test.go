package headers_test

import (
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/internal/headers"
)

// What a hop does to every request is on a budget.
func TestAllocations(t *testing.T) {
	in := http.Header{headers.TraceName: {"1"}, headers.DeadlineName: {"2"}, headers.SampleName: {"0.5"}, "Uber-Trace-Id": {"3"}, "Accept": {"*/*"}}
	lower := http.Header{"l5d-ctx-trace": {"1"}, "uber-trace-id": {"3"}}
	bad := http.Header{headers.SampleName: {"yes"}}
	canonical := in.Clone()
	for _, tt := range []struct {
		what string
		most float64
		f    func()
	}{
		{"First", 0, func() { headers.First(in, headers.TraceName) }},
		{"First, lower-case key", 0, func() { headers.First(lower, headers.TraceName) }},
		{"First, a name that is not ours", 0, func() { headers.First(lower, "Uber-Trace-Id") }},
		{"Values, absent", 0, func() { headers.Values(in, headers.TracestateName) }},
		{"Set", 1, func() { headers.Set(in, headers.TraceName, "1") }},
		{"Dtabs, absent", 0, func() { headers.Dtabs(in) }},
		{"Sample", 0, func() { headers.Sample(in) }},
		{"Sample, malformed", 0, func() { headers.Sample(bad) }},
		{"LowerNames", 0, func() {
			for _, name := range []string{headers.TraceName, headers.DeadlineName, headers.SampleName} {
				headers.Del(canonical, name)
				canonical[name] = in[name]
			}
			headers.LowerNames(canonical)
		}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			if got := testing.AllocsPerRun(200, tt.f); got > tt.most {
				t.Errorf("%v allocations, at most %v allowed", got, tt.most)
			}
		})
	}
}
