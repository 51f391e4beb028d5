package ctxhdr_test

import (
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
)

// What a hop does to every request is on a budget.
func TestAllocations(t *testing.T) {
	in := http.Header{ctxhdr.TraceName: {wide}, wire.DeadlineName: {at(0, 5).String()}, "Accept": {"*/*"}}
	lower := in.Clone()
	wire.LowerNames(lower)
	bad := http.Header{ctxhdr.TraceName: {"bm90LWEtdHJhY2U="}}
	id, _ := ctxhdr.Trace(in)
	out := http.Header{}
	buf := make([]byte, 0, 64)
	for _, tt := range []struct {
		what string
		most float64
		f    func()
	}{
		{"Trace", 0, func() { ctxhdr.Trace(in) }},
		{"Trace, lower-case key", 0, func() { ctxhdr.Trace(lower) }},
		{"Trace, malformed", 0, func() { ctxhdr.Trace(bad) }},
		{"Trace, absent", 0, func() { ctxhdr.Trace(out) }},
		{"String", 1, func() { _ = id.String() }},
		{"AppendText", 0, func() { id.AppendText(buf) }},
		{"ReqID", 1, func() { _ = id.ReqID() }},
		{"Deadlines", 0, func() { ctxhdr.Deadlines(in) }},
		{"Clear, nothing to clear", 0, func() { ctxhdr.Clear(http.Header{}) }},
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

func BenchmarkTraceIDString(b *testing.B) {
	id, err := ctxhdr.ParseTraceID(wide)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = id.String()
	}
}
