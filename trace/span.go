package trace

import (
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"
)

// recording is a span that records. Its record is its own until End and the sink's
// from then on; rec.Context never changes.
type recording struct {
	embedded.Span
	provider *Provider
	mu       sync.Mutex
	ended    bool
	rec      Record
	// What a span of a hop needs, so that it is one allocation: the context
	// below it, its headers, its names, and its first attributes and events.
	below      below
	lines      lines
	text       text
	attributes [usualAttributes]attribute.KeyValue
	events     [usualEvents]Event
}

// What a span of a hop has. The whole just fits one of Go's size classes.
const (
	usualAttributes = 14
	usualEvents     = 3
)

// now is the time on the clock that the span was started by: half the price of
// time.Now, and never before Start.
func (s *recording) now() time.Time { return s.rec.Start.Add(time.Since(s.rec.Start)) }

func (s *recording) SpanContext() oteltrace.SpanContext { return s.rec.Context.SpanContext(false) }

func (s *recording) TracerProvider() oteltrace.TracerProvider { return s.provider }

func (s *recording) IsRecording() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.ended
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
	s.end(end, "")
}

// end ends the span, with an event at the end if it has a name.
func (s *recording) end(at time.Time, event string) {
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return
	}
	s.ended = true
	if event != "" {
		s.addEvent(event, at, nil)
	}
	if at.Before(s.rec.Start) {
		at = s.rec.Start
	}
	s.rec.End = at
	s.mu.Unlock()
	s.provider.sink.Add(&s.rec)
}

// change runs f unless the span has ended.
func (s *recording) change(f func(r *Record)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		f(&s.rec)
	}
}

func (s *recording) SetName(name string) {
	s.change(func(r *Record) { r.Name = cut(name, s.provider.limits.ValueBytes) })
}

func (s *recording) setService(service string) {
	s.change(func(r *Record) { r.Service = cut(service, s.provider.limits.ValueBytes) })
}

func (s *recording) setAddresses(local, peer netip.AddrPort) {
	s.change(func(r *Record) {
		if local.IsValid() {
			r.Local = local
		}
		if peer.IsValid() {
			r.Peer = peer
		}
	})
}

func (s *recording) SetStatus(code codes.Code, text string) {
	s.change(func(r *Record) {
		if code == codes.Unset || r.Status == codes.Ok {
			return
		}
		r.Status, r.StatusText = code, ""
		if code == codes.Error {
			r.StatusText = cut(text, s.provider.limits.ValueBytes)
		}
	})
}

func (s *recording) SetAttributes(kvs ...attribute.KeyValue) {
	s.change(func(*Record) { s.set(kvs...) })
}

func (s *recording) AddEvent(name string, opts ...oteltrace.EventOption) {
	if len(opts) == 0 {
		s.happened(name)
		return
	}
	cfg := oteltrace.NewEventConfig(opts...)
	attrs := cfg.Attributes()
	if cfg.StackTrace() {
		attrs = append(attrs, attribute.String(exceptionStackKey, string(debug.Stack())))
	}
	s.change(func(*Record) { s.addEvent(name, cfg.Timestamp(), attrs) })
}

// happened adds an event without attributes.
func (s *recording) happened(name string) {
	at := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ended {
		s.addEvent(name, at, nil)
	}
}

func (s *recording) RecordError(err error, opts ...oteltrace.EventOption) {
	if err == nil || !s.IsRecording() {
		return
	}
	attrs := []attribute.KeyValue{
		attribute.String(exceptionTypeKey, typeName(err)),
		attribute.String(exceptionMessageKey, err.Error()),
	}
	s.AddEvent("exception", append(opts, oteltrace.WithAttributes(attrs...))...)
}

func (s *recording) AddLink(l oteltrace.Link) {
	if !l.SpanContext.IsValid() && len(l.Attributes) == 0 && l.SpanContext.TraceState().Len() == 0 {
		return
	}
	s.change(func(*Record) { s.addLink(l) })
}
