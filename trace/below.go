package trace

import (
	"context"

	oteltrace "go.opentelemetry.io/otel/trace"
)

// below is the context.Context below a span. It lies in the span, so that both
// are one allocation.
type below struct {
	context.Context
	key  *any
	span oteltrace.Span
}

// Value finds the span where OpenTelemetry looks for it.
func (b *below) Value(key any) any {
	if key == *b.key {
		return b.span
	}
	return b.Context.Value(key)
}

func (b *below) String() string { return "context of a span" }

// in returns ctx with span as its current span. b lies in span, and is used once.
func (b *below) in(ctx context.Context, span oteltrace.Span, p *Provider) context.Context {
	if p.spanKey == nil {
		return oteltrace.ContextWithSpan(ctx, span)
	}
	b.Context, b.key, b.span = ctx, &p.spanKey, span
	return b
}

// findSpanKey returns the key under which OpenTelemetry looks for the current
// span. The API does not tell, but asks any Context for it. Nil, should that
// change, means that contexts have to be made by the API.
func findSpanKey() any {
	asked := &asked{Context: context.Background()}
	oteltrace.SpanFromContext(asked)
	if asked.key == nil {
		return nil
	}
	span := new(carrier)
	if b := (&below{Context: context.Background(), key: &asked.key, span: span}); oteltrace.SpanFromContext(b) != span {
		return nil
	}
	return asked.key
}

// asked is a Context that remembers what it was asked for.
type asked struct {
	context.Context
	key any
}

func (a *asked) Value(key any) any {
	a.key = key
	return nil
}
