package trace

import (
	"encoding/binary"
	"math/rand/v2"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"
)

// newRoot returns the ids of a new trace. Like in Finagle the span id of a
// root is the low half of its trace id, and the high half of a 128-bit id is
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

// descend returns the context of a new span below parent, or of a new root
// if parent is not valid.
func descend(parent Context, wide bool) Context {
	if !parent.IsValid() {
		return newRoot(wide)
	}
	c := parent
	c.Parent = parent.Span
	c.Span = newSpanID()
	c.Sampling = parent.Decision()
	return c
}

// order is a sample rate that was asked for with one request.
type order struct {
	rate  float64
	given bool
}

// decide makes the decision that is still missing: an order replaces what was
// decided before, a sampler does not. bySampler reports that the sampler was
// the one.
func (c Context) decide(o order, s *Sampler) (decided Context, bySampler bool) {
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
