package trace

import (
	"context"
	"encoding/binary"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/ctxhdr"
)

// Sampling is the decision whether a trace is recorded.
type Sampling uint8

const (
	// Undecided means that no hop has decided yet; the next one may.
	Undecided Sampling = iota
	// Drop means that the trace is not to be recorded.
	Drop
	// Keep means that the trace is to be recorded.
	Keep
)

// String returns "undecided", "drop" or "keep".
func (s Sampling) String() string {
	switch s {
	case Drop:
		return "drop"
	case Keep:
		return "keep"
	default:
		return "undecided"
	}
}

// Context is everything that hops tell each other about one span. It is a plain
// value; the zero value means that there is no span.
type Context struct {
	// Trace is the trace's 128-bit id. A 64-bit id has a zero high half.
	Trace oteltrace.TraceID
	// Span is the span's own id.
	Span oteltrace.SpanID
	// Parent is the id of the span above; zero for a root.
	Parent oteltrace.SpanID
	// Flags is the flags word of l5d-ctx-trace as it came in. Unknown bits
	// are kept and passed on. Its decision bits count only while Sampling is
	// Undecided.
	Flags uint64
	// Wide is true if the id came in the 128-bit form (40 bytes in
	// l5d-ctx-trace, 32 digits in B3), even when its high half is zero.
	Wide bool
	// Sampling is the decision made on this trace so far.
	Sampling Sampling
	// Random means that the rightmost 7 bytes of Trace are known to be random,
	// so that samplers may use them (W3C Trace Context Level 2, section
	// 3.2.3.4). It is true of new roots made here, and of a traceparent that
	// has the flag; l5d-ctx-trace and B3 have no place for it, and a trace
	// that came in one of these alone is passed on without it.
	Random bool
	// State is the W3C tracestate, joined to one value.
	State string
}

// IsValid reports whether c names a span: neither id is all zero.
func (c Context) IsValid() bool {
	return c.Trace.IsValid() && c.Span.IsValid()
}

// Debug reports whether the debug flag is set. Debug overrides any decision.
func (c Context) Debug() bool { return c.Flags&ctxhdr.FlagDebug != 0 }

// Decision is the decision in force: Keep for a debug trace, else Sampling,
// else what the flags word says.
func (c Context) Decision() Sampling {
	switch {
	case c.Debug():
		return Keep
	case c.Sampling != Undecided:
		return c.Sampling
	case c.Flags&ctxhdr.FlagSamplingKnown == 0:
		return Undecided
	case c.Flags&ctxhdr.FlagSampled != 0:
		return Keep
	default:
		return Drop
	}
}

// Sampled reports whether the span is to be recorded. An undecided span is
// not.
func (c Context) Sampled() bool { return c.Decision() == Keep }

// L5d returns c in the form of the l5d-ctx-trace header. The flags word holds
// the Decision, so that the next hop sees it: a trace that came in with flags 6 and
// was dropped here leaves with flags 2.
func (c Context) L5d() ctxhdr.TraceID {
	low, high := c.halves()
	t := ctxhdr.TraceID{
		Span:      spanNumber(c.Span),
		Parent:    spanNumber(c.Parent),
		Trace:     low,
		TraceHigh: high,
		Flags:     c.Flags,
		Wide:      c.Wide || high != 0,
	}
	if t.Parent == 0 {
		t.Parent = t.Span
	}
	switch c.Decision() {
	case Keep:
		t.Flags |= ctxhdr.FlagSamplingKnown | ctxhdr.FlagSampled
	case Drop:
		t.Flags = t.Flags&^ctxhdr.FlagSampled | ctxhdr.FlagSamplingKnown
	}
	return t
}

// fromL5d is the reverse of L5d. The result is not valid if t has a zero
// span or trace id.
func fromL5d(t ctxhdr.TraceID) Context {
	c := Context{Flags: t.Flags, Wide: t.Wide}
	binary.BigEndian.PutUint64(c.Trace[8:], t.Trace)
	if t.Wide {
		binary.BigEndian.PutUint64(c.Trace[:8], t.TraceHigh)
	}
	c.Span = spanID(t.Span)
	if t.Parent != t.Span {
		c.Parent = spanID(t.Parent)
	}
	c.Sampling = c.Decision()
	return c
}

// SpanContext returns c in the form of the OpenTelemetry API. A tracestate
// that the API does not accept is left out.
func (c Context) SpanContext(remote bool) oteltrace.SpanContext {
	cfg := oteltrace.SpanContextConfig{TraceID: c.Trace, SpanID: c.Span, Remote: remote}
	if c.Sampled() {
		cfg.TraceFlags = oteltrace.FlagsSampled
	}
	cfg.TraceFlags = cfg.TraceFlags.WithRandom(c.Random)
	if c.State != "" {
		if ts, err := oteltrace.ParseTraceState(c.State); err == nil {
			cfg.TraceState = ts
		}
	}
	return oteltrace.NewSpanContext(cfg)
}

// fromSpan returns the Context of a span. For a span of another
// implementation that is its SpanContext, which has neither parents nor undecided
// traces.
func fromSpan(s oteltrace.Span) Context {
	switch own := s.(type) {
	case *recording:
		return own.context()
	case *nonRecordingSpan:
		return own.ctx
	default:
		return fromSpanContext(s.SpanContext())
	}
}

// FromContext returns the Context of the span in ctx. It is not valid if there is
// none. It is complete also for a foreign span that a Hop started. The server span of a Hop
// whose Sampler has rates for services is undecided until its request has a name.
func FromContext(ctx context.Context) Context {
	s := oteltrace.SpanFromContext(ctx)
	switch own := s.(type) {
	case *recording:
		return own.context()
	case *nonRecordingSpan:
		return own.ctx
	}
	c := fromSpanContext(s.SpanContext())
	if !c.IsValid() {
		return c
	}
	return foreignFrom(ctx, c)
}

// ContextWithRemote returns a ctx in which c, received from another process,
// is the current span: spans started with it become c's children.
func ContextWithRemote(ctx context.Context, c Context) context.Context {
	return oteltrace.ContextWithSpan(ctx, &nonRecordingSpan{ctx: c, remote: true})
}

func fromSpanContext(sc oteltrace.SpanContext) Context {
	if !sc.IsValid() {
		return Context{}
	}
	c := Context{Trace: sc.TraceID(), Span: sc.SpanID(), Sampling: Drop, Random: sc.TraceFlags().IsRandom(), State: sc.TraceState().String()}
	if sc.IsSampled() {
		c.Sampling = Keep
	}
	_, high := c.halves()
	c.Wide = high != 0
	return c
}

func (c Context) halves() (low, high uint64) {
	return binary.BigEndian.Uint64(c.Trace[8:]), binary.BigEndian.Uint64(c.Trace[:8])
}

func spanNumber(id oteltrace.SpanID) uint64 { return binary.BigEndian.Uint64(id[:]) }

func spanID(n uint64) (id oteltrace.SpanID) {
	binary.BigEndian.PutUint64(id[:], n)
	return id
}
