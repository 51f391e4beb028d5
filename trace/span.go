package trace

import (
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"

	"github.com/meshhop/meshhop/internal/hopspan"
)

// recording is a span that records. What it records lies in its pooledRecord until
// End; its ids and its start never change, but for a decision that waits.
type recording struct {
	embedded.Span
	provider *Provider
	ids      Context
	start    time.Time
	// In the span, so that it is one allocation.
	child   childContext
	headers headerArena
	room    room[recording]

	decided atomic.Uint32 // the Sampling for which the span has waited; 0: that of ids
	late    bool          // the decision is not made at the start

	mu            sync.Mutex
	waits         bool // the sampler has not decided yet
	facts         spanFacts
	why           keepReason // why it is kept although it is not sampled
	*pooledRecord            // nil: the span has ended
}

// now returns the time since the start added to the start. It costs half of
// time.Now, and is never before the start.
func (s *recording) now() time.Time { return s.start.Add(time.Since(s.start)) }

func (s *recording) SpanContext() oteltrace.SpanContext { return s.context().SpanContext(false) }

func (s *recording) TracerProvider() oteltrace.TracerProvider { return s.provider }

func (s *recording) IsRecording() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pooledRecord != nil
}

func (s *recording) End(opts ...oteltrace.SpanEndOption) {
	var end time.Time
	if len(opts) > 0 {
		cfg := oteltrace.NewSpanEndConfig(opts...)
		end = cfg.Timestamp()
	}
	if end.IsZero() {
		end = s.now()
	}
	s.end(end, nil)
}

// end ends the span, after a last change of it.
func (s *recording) end(at time.Time, last func()) {
	s.mu.Lock()
	r := s.pooledRecord
	if r == nil {
		s.mu.Unlock()
		return
	}
	if last != nil {
		last()
	}
	if at.Before(r.Start) {
		at = r.Start
	}
	r.End = at
	sampled, why := s.settle(""), s.why
	s.pooledRecord = nil
	s.mu.Unlock()
	switch p := s.provider; {
	case sampled:
		p.deliver(r)
	case p.keeper != nil:
		p.keeper.ended(r, why)
	}
}

// change runs f unless the span has ended.
func (s *recording) change(f func(r *Record)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pooledRecord != nil {
		f(&s.Record)
	}
}

func (s *recording) SetName(name string) {
	s.change(func(r *Record) { r.Name = truncate(name, s.provider.limits.ValueBytes) })
}

func (s *recording) SetStatus(code codes.Code, text string) {
	s.change(func(r *Record) {
		if code == codes.Unset || r.Status == codes.Ok {
			return
		}
		r.Status, r.StatusText = code, ""
		if code == codes.Error {
			r.StatusText = truncate(text, s.provider.limits.ValueBytes)
		}
	})
}

func (s *recording) SetAttributes(kvs ...attribute.KeyValue) {
	s.change(func(*Record) { s.set(kvs...) })
}

// Tag sets an attribute without allocating.
func (s *recording) Tag(kv attribute.KeyValue) {
	s.change(func(*Record) { s.set(kv) })
}

func (s *recording) AddEvent(name string, opts ...oteltrace.EventOption) {
	if len(opts) == 0 {
		s.addNamedEvent(name)
		return
	}
	cfg := oteltrace.NewEventConfig(opts...)
	attrs := cfg.Attributes()
	if cfg.StackTrace() {
		attrs = append(attrs, attribute.String(hopspan.ExceptionStackKey, string(debug.Stack())))
	}
	s.change(func(*Record) { s.addEvent(name, cfg.Timestamp(), attrs) })
}

// addNamedEvent adds an event without attributes.
func (s *recording) addNamedEvent(name string) {
	at := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pooledRecord != nil {
		s.addEvent(name, at, nil)
	}
}

func (s *recording) RecordError(err error, opts ...oteltrace.EventOption) {
	if err == nil || !s.IsRecording() {
		return
	}
	attrs := []attribute.KeyValue{
		attribute.String(hopspan.ExceptionTypeKey, hopspan.TypeName(err)),
		attribute.String(hopspan.ExceptionMessageKey, err.Error()),
	}
	s.AddEvent("exception", append(opts, oteltrace.WithAttributes(attrs...))...)
}

func (s *recording) AddLink(l oteltrace.Link) {
	if !l.SpanContext.IsValid() && len(l.Attributes) == 0 && l.SpanContext.TraceState().Len() == 0 {
		return
	}
	s.change(func(*Record) { s.addLink(l) })
}

// Happened adds an event without attributes.
func (s *recording) Happened(name string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pooledRecord != nil {
		s.addEvent(name, at, nil)
	}
}
