package tracetest

import (
	"net/http"
	"sync"
	"testing"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/spantest"
)

// Carries says what a format has room for beyond a trace id of 64 bits, a span
// id, and a decision.
type Carries struct {
	// Parent: the parent span.
	Parent bool
	// UndecidedParent: the parent span of an undecided trace.
	UndecidedParent bool
	// Undecided: that nobody has decided yet. Without it, undecided becomes
	// Drop.
	Undecided bool
	// Debug: the debug flag. Without it, a debug trace is one to keep.
	Debug bool
	// Flags: all other bits of the flags word.
	Flags bool
	// Zero: a high half that is there but zero.
	Zero bool
	// State: the tracestate.
	State bool
	// Random: that the trace's id is known to be random.
	Random bool
}

// TestPropagator checks what every trace.Propagator promises: what it injects
// it extracts, but for what the format can not carry; Inject replaces; Clear
// removes; Extract changes nothing, and nothing makes it panic.
func TestPropagator(t *testing.T, p trace.Propagator, carries Carries) {
	t.Run("round trip", func(t *testing.T) {
		for name, c := range samples() {
			t.Run(name, func(t *testing.T) { testRoundTrip(t, p, c, carries) })
		}
	})
	t.Run("inject replaces", func(t *testing.T) {
		h := http.Header{}
		for _, c := range samples() {
			p.Inject(h, c)
		}
		last := samples()["root"]
		p.Inject(h, last)
		fresh := http.Header{}
		p.Inject(fresh, last)
		if got, want := spantest.Show(h), spantest.Show(fresh); got != want {
			t.Errorf("after earlier injections:\n%s\ninto an empty header:\n%s", got, want)
		}
	})
	t.Run("inject writes nothing for no span", func(t *testing.T) {
		h := http.Header{}
		p.Inject(h, trace.Context{Sampling: trace.Keep, Flags: 7})
		if len(h) != 0 {
			t.Errorf("wrote %v", h)
		}
	})
	t.Run("clear", func(t *testing.T) {
		h := http.Header{"Accept": {"text/plain"}}
		for _, c := range samples() {
			p.Inject(h, c)
			p.Clear(h)
			if _, ok := p.Extract(h); ok || len(h) != 1 {
				t.Errorf("left %v", h)
			}
		}
	})
	t.Run("lower case", func(t *testing.T) {
		h := http.Header{}
		p.Inject(h, samples()["child"])
		want, ok := p.Extract(h)
		wire.LowerNames(h)
		if got, gotOK := p.Extract(h); got != want || gotOK != ok {
			t.Errorf("got %+v, %v from lower-case names, want %+v, %v", got, gotOK, want, ok)
		}
		p.Clear(h)
		if len(h) != 0 {
			t.Errorf("Clear left %v", h)
		}
	})
	t.Run("hostile", func(t *testing.T) {
		for _, value := range spantest.HostileValues() {
			spantest.Hostile(t, p, value)
		}
	})
	t.Run("concurrent", func(t *testing.T) {
		h := http.Header{}
		p.Inject(h, samples()["child"])
		want, _ := p.Extract(h)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if got, _ := p.Extract(h); got != want {
					t.Errorf("got %+v, want %+v", got, want)
				}
			})
		}
		wg.Wait()
	})
}

func testRoundTrip(t *testing.T, p trace.Propagator, c trace.Context, carries Carries) {
	h := http.Header{}
	p.Inject(h, c)
	for name, lines := range h {
		if name != http.CanonicalHeaderKey(name) || len(lines) != 1 {
			t.Errorf("wrote %q: %q", name, lines)
		}
	}
	got, ok := p.Extract(h)
	if !ok {
		t.Fatalf("nothing extracted from %v", h)
	}
	want := c
	want.Sampling = c.Decision()
	known := uint64(ctxhdr.FlagSampled | ctxhdr.FlagSamplingKnown)
	if !carries.Undecided && want.Sampling == trace.Undecided {
		want.Sampling = trace.Drop
	}
	if !carries.Parent || c.Decision() == trace.Undecided && !carries.UndecidedParent {
		want.Parent = oteltrace.SpanID{}
	}
	if !carries.Debug {
		want.Flags &^= ctxhdr.FlagDebug
	}
	if !carries.Flags {
		want.Flags &= ctxhdr.FlagDebug
	}
	if !carries.State {
		want.State = ""
	}
	want.Random = c.Random && carries.Random
	if !carries.Zero && [8]byte(c.Trace[:8]) == [8]byte{} {
		want.Wide = false
	}
	// The decision has its own field.
	got.Flags &^= known
	want.Flags &^= known
	if got != want {
		t.Errorf("injected  %+v\nextracted %+v\nwant      %+v\nheader %v", c, got, want, h)
	}
}

func samples() map[string]trace.Context {
	low := oteltrace.TraceID{8: 1, 15: 0xff}
	high := oteltrace.TraceID{0: 0x46, 15: 0x24}
	span, parent := oteltrace.SpanID{0: 0x80, 7: 3}, oteltrace.SpanID{7: 2}
	return map[string]trace.Context{
		"root":          {Trace: low, Span: span, Sampling: trace.Keep},
		"child":         {Trace: low, Span: span, Parent: parent, Sampling: trace.Keep},
		"wide":          {Trace: high, Span: span, Parent: parent, Wide: true, Sampling: trace.Drop},
		"wide and zero": {Trace: low, Span: span, Parent: parent, Wide: true, Sampling: trace.Keep},
		"dropped":       {Trace: low, Span: span, Parent: parent, Sampling: trace.Drop},
		"undecided":     {Trace: low, Span: span, Parent: parent},
		"debug":         {Trace: low, Span: span, Parent: parent, Flags: ctxhdr.FlagDebug, Sampling: trace.Keep},
		"unknown flags": {Trace: low, Span: span, Parent: parent, Flags: 1<<43 | 1<<10, Sampling: trace.Keep},
		"random":        {Trace: high, Span: span, Wide: true, Sampling: trace.Keep, Random: true},
		"random, drop":  {Trace: low, Span: span, Sampling: trace.Drop, Random: true},
		"state":         {Trace: high, Span: span, Wide: true, Sampling: trace.Keep, State: "congo=t61rcWkgMzE,rojo=00f067aa0ba902b7"},
	}
}
