package trace

import (
	"encoding/binary"
	"math/rand/v2"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"
)

// newRoot returns the ids of a new trace. As in Finagle, the span id of a root is the low half of its trace id, and the high half of a 128-bit id is
// the time in seconds followed by 32 random bits (Tracing.scala).
func newRoot(wide bool) Context {
	c := Context{Random: true}
	c.Span = newSpanID()
	copy(c.Trace[8:], c.Span[:])
	if wide {
		c.Wide = true
		binary.BigEndian.PutUint32(c.Trace[:4], uint32(time.Now().Unix()))
		binary.BigEndian.PutUint32(c.Trace[4:8], rand.Uint32())
	}
	return c
}

func newSpanID() oteltrace.SpanID {
	for {
		if n := rand.Uint64(); n != 0 {
			return spanID(n)
		}
	}
}

// childOf returns the context of a new child of parent, or of a new root if parent
// is not valid.
func childOf(parent Context, wide bool) Context {
	if !parent.IsValid() {
		return newRoot(wide)
	}
	c := parent
	c.Parent = parent.Span
	c.Span = newSpanID()
	c.Sampling = parent.Decision()
	return c
}

// samplingOverride is a sample rate that one request asks for.
type samplingOverride struct {
	rate  float64
	given bool
}

// decide returns c with a decision. An override replaces an earlier decision, a
// sampler does not. bySampler reports whether the sampler decided.
func (c Context) decide(o samplingOverride, s *Sampler) (decided Context, bySampler bool) {
	switch {
	case o.given:
		at := samplerAt(o.rate)
		c.Sampling = keepIf(at.Sample(c.Trace))
	case s != nil && c.Decision() == Undecided:
		c.Sampling = keepIf(s.Sample(c.Trace))
		bySampler = true
	}
	c.Sampling = c.Decision()
	return c, bySampler
}

func keepIf(keep bool) Sampling {
	if keep {
		return Keep
	}
	return Drop
}
