package trace

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// context is the Context of the span, with the decision that has been made so far.
func (s *recording) context() Context {
	c := s.ids
	if s.late {
		if d := s.decided.Load(); d != 0 {
			c.Sampling = Sampling(d)
		}
	}
	return c
}

// settle reports whether the span is sampled. If the sampler waits for a name, it decides
// now, with this one; empty: there is none. It is called with the span's lock held.
func (s *recording) settle(name string) (sampled bool) {
	if !s.waits {
		return s.context().Sampled()
	}
	s.waits = false
	keep, rate := s.provider.sampler.decide(s.ids.Trace, name)
	s.decided.Store(uint32(keepIf(keep)))
	r := s.pooledRecord
	switch {
	case r == nil: // it has ended, and so it was decided
	case keep:
		r.Sampling = Keep
		s.set(attribute.Float64(samplingRateKey, rate))
	case s.provider.keeper != nil:
		r.Sampling = Drop
	default: // nobody wants it
		s.pooledRecord = nil
		s.provider.records.put(r)
	}
	return keep
}

// settledFrom is FromContext for what goes out: a sampler that waits for a name decides
// now.
func settledFrom(ctx context.Context) Context {
	switch own := oteltrace.SpanFromContext(ctx).(type) {
	case *recording:
		return own.settled()
	case *nonRecordingSpan:
		return own.ctx
	}
	return FromContext(ctx)
}

func (s *recording) settled() Context {
	if s.late {
		s.mu.Lock()
		s.settle("")
		s.mu.Unlock()
	}
	return s.context()
}
