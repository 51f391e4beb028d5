package trace

import (
	"context"
	"net/http"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/hopspan"
)

// carriedKey is the key under which ctx holds the Context of the hop's latest
// span of a foreign provider: its SpanContext cannot say everything.
type carriedKey struct{}

// startForeignServer starts the server span with the foreign tracer. A local
// parent is the span in ctx.
func (h *hop) startForeignServer(ctx context.Context, parent Context, local bool, o order, name string, s hopspan.ServerStart) (context.Context, oteltrace.Span) {
	root := !parent.IsValid()
	if !root {
		parent, _ = parent.decide(o, h.sampler)
	}
	if o.given {
		// The provider has no say in a trace that the request wants dropped.
		quiet, span := h.startQuiet(ctx, parent, o, oteltrace.SpanKindServer)
		if fromSpan(span).Decision() == Drop {
			return quiet, span
		}
	}
	below, opts := ctx, []oteltrace.SpanStartOption{oteltrace.WithSpanKind(oteltrace.SpanKindServer)}
	switch {
	case root:
		opts = append(opts, oteltrace.WithNewRoot())
	case local:
		if oteltrace.SpanContextFromContext(ctx).IsSampled() != parent.Sampled() {
			below = oteltrace.ContextWithSpanContext(ctx, parent.SpanContext(false))
		}
	default:
		below = oteltrace.ContextWithRemoteSpanContext(ctx, parent.SpanContext(true))
	}
	below, span := h.foreign.Start(below, name, opts...)
	c, ok := foreignContext(span, parent)
	if !ok {
		return h.startQuiet(ctx, parent, o, oteltrace.SpanKindServer)
	}
	hopspan.TagServer(span, h.version, s)
	return context.WithValue(below, carriedKey{}, c), span
}

// startForeignClient starts the client span with the foreign tracer.
func (h *hop) startForeignClient(ctx context.Context, r *http.Request, s hopspan.ClientStart) (context.Context, oteltrace.Span) {
	parent := FromContext(ctx)
	if _, ok := oteltrace.SpanFromContext(ctx).(*carrier); ok {
		return h.startQuiet(ctx, parent, order{}, oteltrace.SpanKindClient)
	}
	below, span := h.foreign.Start(ctx, hopspan.ClientName(r), oteltrace.WithSpanKind(oteltrace.SpanKindClient))
	c, ok := foreignContext(span, parent)
	if !ok {
		return h.startQuiet(ctx, parent, order{}, oteltrace.SpanKindClient)
	}
	hopspan.TagClient(span, h.version, r, s)
	return context.WithValue(below, carriedKey{}, c), span
}

// startQuiet makes and carries the ids of a span that the foreign provider is
// not asked for, or did not make.
func (h *hop) startQuiet(ctx context.Context, parent Context, o order, kind oteltrace.SpanKind) (context.Context, oteltrace.Span) {
	ctx, span, _ := h.own.open(ctx, parent, o, kind, time.Time{})
	return ctx, span
}

// foreignContext joins what a foreign span says about itself with what its
// parent was; false if the provider made no new ids.
func foreignContext(span oteltrace.Span, parent Context) (Context, bool) {
	c := fromSpanContext(span.SpanContext())
	if !c.IsValid() || c.Span == parent.Span {
		return c, false
	}
	if c.Trace != parent.Trace {
		return c, true
	}
	c.Parent = parent.Span
	c.Flags = parent.Flags
	c.Wide = parent.Wide
	c.Random = c.Random || parent.Random
	// To the provider an undecided parent was one that is not sampled: its
	// no is no decision.
	if c.Sampling == Drop && parent.Decision() == Undecided {
		c.Sampling = Undecided
	}
	return c, true
}

// carried returns the Context of a foreign span in ctx.
func carried(ctx context.Context, c Context) Context {
	known, ok := ctx.Value(carriedKey{}).(Context)
	switch {
	case !ok || known.Trace != c.Trace:
		return c
	case known.Span == c.Span:
		return known
	}
	// Somebody started a span of their own below the hop's.
	c.Parent, c.Flags, c.Wide = known.Span, known.Flags, known.Wide
	c.Random = c.Random || known.Random
	if c.Sampling == Drop && known.Decision() == Undecided {
		c.Sampling = Undecided
	}
	return c
}
