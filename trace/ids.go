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

// samplingRequest is what one request asks for.
type samplingRequest struct {
	rate  float64
	given bool // it asks for the rate, which replaces an earlier decision
	named bool // the name of the request follows, before any header goes out
}

// decision is how it was decided whether a span is recorded.
type decision struct {
	bySampler bool
	rate      float64 // of the sampler
	waits     bool    // the sampler needs the name of the request
}

// decide makes a decision. What a request asks for replaces an earlier one, a sampler does
// not.
func (c *Context) decide(o samplingRequest, s *Sampler) (d decision) {
	switch {
	case o.given:
		c.Sampling = keepIf(shareOf(o.rate).has(mixedID(c.Trace)))
	case s == nil || c.Decision() != Undecided:
	case o.named && s.needsName(c.Trace):
		d.waits = true
		return d
	default:
		keep, rate := s.decide(c.Trace, "")
		c.Sampling = keepIf(keep)
		d = decision{bySampler: true, rate: rate}
	}
	c.Sampling = c.Decision()
	return d
}

func keepIf(keep bool) Sampling {
	if keep {
		return Keep
	}
	return Drop
}
