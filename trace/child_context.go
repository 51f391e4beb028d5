package trace

import (
	"context"

	oteltrace "go.opentelemetry.io/otel/trace"
)

// childContext is the context.Context in which a span is the current one. It lies
// in the span, so that both are one allocation.
type childContext struct {
	context.Context
	key  *any
	span oteltrace.Span
}

// Value returns the span for OpenTelemetry's key.
func (c *childContext) Value(key any) any {
	if key == *c.key {
		return c.span
	}
	return c.Context.Value(key)
}

func (c *childContext) String() string { return "context of a span" }

// in returns ctx with span as its current span. c lies in span, and is used once.
func (c *childContext) in(ctx context.Context, span oteltrace.Span, p *Provider) context.Context {
	if p.spanKey == nil {
		return oteltrace.ContextWithSpan(ctx, span)
	}
	c.Context, c.key, c.span = ctx, &p.spanKey, span
	return c
}

// findSpanKey returns the key under which OpenTelemetry stores the current span.
// The API does not export it, but asks any Context for it. If that should change,
// the result is nil, and the API makes the contexts.
func findSpanKey() any {
	spy := &keySpy{Context: context.Background()}
	oteltrace.SpanFromContext(spy)
	if spy.key == nil {
		return nil
	}
	span := new(nonRecordingSpan)
	if c := (&childContext{Context: context.Background(), key: &spy.key, span: span}); oteltrace.SpanFromContext(c) != span {
		return nil
	}
	return spy.key
}

// keySpy is a Context that remembers which key it was asked for.
type keySpy struct {
	context.Context
	key any
}

func (s *keySpy) Value(key any) any {
	s.key = key
	return nil
}
