package trace

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"
	"go.opentelemetry.io/otel/trace/noop"
)

// nonRecordingSpan is a span that only has ids.
type nonRecordingSpan struct {
	embedded.Span
	ctx      Context
	provider *Provider
	remote   bool
	child    childContext
	headers  headerArena
	room     room[nonRecordingSpan]
}

func (s *nonRecordingSpan) SpanContext() oteltrace.SpanContext { return s.ctx.SpanContext(s.remote) }

func (s *nonRecordingSpan) TracerProvider() oteltrace.TracerProvider {
	if s.provider == nil {
		return noop.NewTracerProvider()
	}
	return s.provider
}

func (*nonRecordingSpan) End(...oteltrace.SpanEndOption)              {}
func (*nonRecordingSpan) AddEvent(string, ...oteltrace.EventOption)   {}
func (*nonRecordingSpan) AddLink(oteltrace.Link)                      {}
func (*nonRecordingSpan) IsRecording() bool                           { return false }
func (*nonRecordingSpan) RecordError(error, ...oteltrace.EventOption) {}
func (*nonRecordingSpan) SetStatus(codes.Code, string)                {}
func (*nonRecordingSpan) SetName(string)                              {}
func (*nonRecordingSpan) SetAttributes(...attribute.KeyValue)         {}
