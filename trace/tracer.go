package trace

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"
)

// samplingRateKey is the tag that Finagle's zipkin tracer puts on the span
// for which its sampler said yes (SamplingTracer.scala).
const samplingRateKey = "zipkin.sampling_rate"

type tracer struct {
	embedded.Tracer
	provider       *Provider
	scope, version string
}

// Start starts a span below the one in ctx, of whatever implementation it is.
func (t *tracer) Start(ctx context.Context, name string, opts ...oteltrace.SpanStartOption) (context.Context, oteltrace.Span) {
	if ctx == nil {
		ctx = context.Background()
	}
	cfg := oteltrace.NewSpanStartConfig(opts...)
	var parent Context
	if !cfg.NewRoot() {
		parent = FromContext(ctx)
	}
	start := cfg.Timestamp()
	if start.IsZero() {
		start = time.Now()
	}
	ctx, s, rec := t.provider.open(ctx, parent, order{}, oteltrace.ValidateSpanKind(cfg.SpanKind()), start)
	if rec != nil {
		rec.Name = cut(name, t.provider.limits.ValueBytes)
		rec.Scope, rec.ScopeVersion = t.scope, t.version
		rec.SetAttributes(cfg.Attributes()...)
		for _, l := range cfg.Links() {
			rec.AddLink(l)
		}
	}
	return ctx, s
}

// open makes a span below parent, and the context below it. Without a start it
// starts now. The last result is the span again if it records, else nil.
func (p *Provider) open(ctx context.Context, parent Context, o order, kind oteltrace.SpanKind, start time.Time) (context.Context, oteltrace.Span, *recording) {
	c, bySampler := descend(parent, p.wide).decide(o, p.sampler)
	if p.sink == nil || !c.Sampled() {
		s := &carrier{ctx: c, provider: p}
		return s.below.in(ctx, s, p), s, nil
	}
	if start.IsZero() {
		start = startBelow(ctx)
	}
	s := p.drafts.take()
	s.provider, s.ids, s.start = p, c, start
	s.Context, s.Service, s.Kind, s.Start = c, p.service, kind, start
	if bySampler {
		s.set(attribute.Float64(samplingRateKey, p.sampler.rate))
	}
	return s.below.in(ctx, s, p), s, s
}

// startBelow is the time now, on the clock of the span in ctx if that is ours.
func startBelow(ctx context.Context) time.Time {
	if above, ok := oteltrace.SpanFromContext(ctx).(*recording); ok {
		return above.now()
	}
	return time.Now()
}
