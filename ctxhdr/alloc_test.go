package ctxhdr_test

import (
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/ctxhdr"
)

// What a hop does to every request is on a budget.
func TestAllocations(t *testing.T) {
	in := http.Header{ctxhdr.TraceName: {wide}, ctxhdr.DeadlineName: {at(0, 5).String()}, ctxhdr.SampleName: {"0.5"}, "Accept": {"*/*"}}
	lower := in.Clone()
	ctxhdr.LowerNames(lower)
	bad := http.Header{ctxhdr.TraceName: {"bm90LWEtdHJhY2U="}, ctxhdr.SampleName: {"yes"}}
	id, _ := ctxhdr.Trace(in)
	out := http.Header{}
	canonical, buf := in.Clone(), make([]byte, 0, 64)
	for _, tt := range []struct {
		what string
		most float64
		f    func()
	}{
		{"Trace", 0, func() { ctxhdr.Trace(in) }},
		{"Trace, lower-case key", 0, func() { ctxhdr.Trace(lower) }},
		{"Trace, malformed", 0, func() { ctxhdr.Trace(bad) }},
		{"Trace, absent", 0, func() { ctxhdr.Trace(out) }},
		{"SetTrace", 2, func() { ctxhdr.SetTrace(out, id) }},
		{"AppendText", 0, func() { id.AppendText(buf) }},
		{"ReqID", 1, func() { _ = id.ReqID() }},
		{"Deadlines", 0, func() { ctxhdr.Deadlines(in) }},
		{"DtabTexts, absent", 0, func() { ctxhdr.DtabTexts(in) }},
		{"Sample", 0, func() { ctxhdr.Sample(in) }},
		{"Sample, malformed", 0, func() { ctxhdr.Sample(bad) }},
		{"Clear, nothing to clear", 0, func() { ctxhdr.Clear(http.Header{}) }},
		{"LowerNames", 0, func() {
			for _, name := range []string{ctxhdr.TraceName, ctxhdr.DeadlineName, ctxhdr.SampleName} {
				ctxhdr.Del(canonical, name)
				canonical[name] = in[name]
			}
			ctxhdr.LowerNames(canonical)
		}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			if got := testing.AllocsPerRun(200, tt.f); got > tt.most {
				t.Errorf("%v allocations, at most %v allowed", got, tt.most)
			}
		})
	}
}

func BenchmarkTrace(b *testing.B) {
	h := http.Header{ctxhdr.TraceName: {wide}}
	b.ReportAllocs()
	for b.Loop() {
		ctxhdr.Trace(h)
	}
}

func BenchmarkSetTrace(b *testing.B) {
	h := http.Header{ctxhdr.TraceName: {wide}}
	id, _ := ctxhdr.Trace(h)
	b.ReportAllocs()
	for b.Loop() {
		ctxhdr.SetTrace(h, id)
	}
}
