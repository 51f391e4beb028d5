package trace

import (
	"context"
	"net/http"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/hopspan"
)

// contextKey is the key under which ctx holds the Context of the hop's latest
// span of a foreign provider, whose SpanContext lacks some of it.
type contextKey struct{}

// startForeignServer starts the server span with the foreign tracer. If the parent
// is local, it is the span in ctx.
func (h *hop) startForeignServer(ctx context.Context, parent Context, local bool, o samplingRequest, name string, s hopspan.ServerStart) (context.Context, oteltrace.Span) {
	root := !parent.IsValid()
	if !root {
		parent.decide(o, h.sampler)
	}
	if o.given {
		// If the request wants its trace dropped, the provider is not asked.
		child, span := h.startNonRecording(ctx, parent, o, oteltrace.SpanKindServer)
		if fromSpan(span).Decision() == Drop {
			return child, span
		}
	}
	child, opts := ctx, []oteltrace.SpanStartOption{oteltrace.WithSpanKind(oteltrace.SpanKindServer)}
	switch {
	case root:
		opts = append(opts, oteltrace.WithNewRoot())
	case local:
		if oteltrace.SpanContextFromContext(ctx).IsSampled() != parent.Sampled() {
			child = oteltrace.ContextWithSpanContext(ctx, parent.SpanContext(false))
		}
	default:
		child = oteltrace.ContextWithRemoteSpanContext(ctx, parent.SpanContext(true))
	}
	child, span := h.foreign.Start(child, name, opts...)
	c, ok := foreignContext(span, parent)
	if !ok {
		return h.startNonRecording(ctx, parent, o, oteltrace.SpanKindServer)
	}
	hopspan.TagServer(span, h.version, s)
	return context.WithValue(child, contextKey{}, c), span
}

// startForeignClient starts the client span with the foreign tracer.
func (h *hop) startForeignClient(ctx context.Context, r *http.Request, s hopspan.ClientStart) (context.Context, oteltrace.Span) {
	parent := FromContext(ctx)
	if _, ok := oteltrace.SpanFromContext(ctx).(*nonRecordingSpan); ok {
		return h.startNonRecording(ctx, parent, samplingRequest{}, oteltrace.SpanKindClient)
	}
	child, span := h.foreign.Start(ctx, hopspan.ClientName(r), oteltrace.WithSpanKind(oteltrace.SpanKindClient))
	c, ok := foreignContext(span, parent)
	if !ok {
		return h.startNonRecording(ctx, parent, samplingRequest{}, oteltrace.SpanKindClient)
	}
	hopspan.TagClient(span, h.version, r, s)
	return context.WithValue(child, contextKey{}, c), span
}

// startNonRecording makes the ids of a span that the foreign provider is not asked
// for, or did not make.
func (h *hop) startNonRecording(ctx context.Context, parent Context, o samplingRequest, kind oteltrace.SpanKind) (context.Context, oteltrace.Span) {
	ctx, span, _ := h.own.open(ctx, parent, o, kind, time.Time{})
	return ctx, span
}

// foreignContext returns the Context of a foreign span: its SpanContext, and from
// its parent what a SpanContext lacks. It is false if the provider made no new ids.
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
	// The provider sees an undecided parent as one that is not sampled. If it
	// then does not sample, that is not a decision.
	if c.Sampling == Drop && parent.Decision() == Undecided {
		c.Sampling = Undecided
	}
	return c, true
}

// foreignFrom returns the Context of the foreign span in ctx, whose SpanContext is c.
func foreignFrom(ctx context.Context, c Context) Context {
	known, ok := ctx.Value(contextKey{}).(Context)
	switch {
	case !ok || known.Trace != c.Trace:
		return c
	case known.Span == c.Span:
		return known
	}
	// The program has started a child of the hop's span.
	c.Parent, c.Flags, c.Wide = known.Span, known.Flags, known.Wide
	c.Random = c.Random || known.Random
	if c.Sampling == Drop && known.Decision() == Undecided {
		c.Sampling = Undecided
	}
	return c
}
