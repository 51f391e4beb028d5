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
	// The first attributes and events of rec, so that it is one allocation.
	attributes [usualAttributes]attribute.KeyValue
	events     [usualEvents]Event
}

// What a span of a hop has.
const (
	usualAttributes = 16
	usualEvents     = 4
)

func (s *recording) traceContext() Context { return s.rec.Context }

func (s *recording) SpanContext() oteltrace.SpanContext { return s.rec.Context.SpanContext(false) }

func (s *recording) TracerProvider() oteltrace.TracerProvider { return s.provider }

func (s *recording) IsRecording() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.ended
}

func (s *recording) End(opts ...oteltrace.SpanEndOption) {
	cfg := oteltrace.NewSpanEndConfig(opts...)
	end := cfg.Timestamp()
	if end.IsZero() {
		end = time.Now()
	}
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return
	}
	s.ended = true
	if end.Before(s.rec.Start) {
		end = s.rec.Start
	}
	s.rec.End = end
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
	cfg := oteltrace.NewEventConfig(opts...)
	attrs := cfg.Attributes()
	if cfg.StackTrace() {
		attrs = append(attrs, attribute.String(exceptionStackKey, string(debug.Stack())))
	}
	s.change(func(*Record) { s.addEvent(name, cfg.Timestamp(), attrs) })
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
