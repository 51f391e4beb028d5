package trace

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"
	"go.opentelemetry.io/otel/trace/noop"
)

// carrier is a span that does not record: it only carries ids.
type carrier struct {
	embedded.Span
	ctx      Context
	provider *Provider
	remote   bool
	below    below
	lines    lines
}

func (c *carrier) SpanContext() oteltrace.SpanContext { return c.ctx.SpanContext(c.remote) }

func (c *carrier) TracerProvider() oteltrace.TracerProvider {
	if c.provider == nil {
		return noop.NewTracerProvider()
	}
	return c.provider
}

func (*carrier) End(...oteltrace.SpanEndOption)              {}
func (*carrier) AddEvent(string, ...oteltrace.EventOption)   {}
func (*carrier) AddLink(oteltrace.Link)                      {}
func (*carrier) IsRecording() bool                           { return false }
func (*carrier) RecordError(error, ...oteltrace.EventOption) {}
func (*carrier) SetStatus(codes.Code, string)                {}
func (*carrier) SetName(string)                              {}
func (*carrier) SetAttributes(...attribute.KeyValue)         {}
