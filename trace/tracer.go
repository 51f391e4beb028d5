package trace

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"
)

// samplingRateKey is the tag that Finagle's zipkin tracer sets on a span that its
// sampler has decided to record (SamplingTracer.scala).
const samplingRateKey = "zipkin.sampling_rate"

type tracer struct {
	embedded.Tracer
	provider       *Provider
	scope, version string
}

// Start starts a child of the span in ctx, whichever implementation that is of.
func (t *tracer) Start(ctx context.Context, name string, opts ...oteltrace.SpanStartOption) (context.Context, oteltrace.Span) {
	if ctx == nil {
		ctx = context.Background()
	}
	cfg := oteltrace.NewSpanStartConfig(opts...)
	var parent Context
	if !cfg.NewRoot() {
		parent = settledFrom(ctx)
	}
	start := cfg.Timestamp()
	if start.IsZero() {
		start = time.Now()
	}
	ctx, s, rec := t.provider.open(ctx, parent, samplingRequest{}, oteltrace.ValidateSpanKind(cfg.SpanKind()), start)
	if rec != nil {
		rec.Name = truncate(name, t.provider.limits.ValueBytes)
		rec.Scope, rec.ScopeVersion = t.scope, t.version
		rec.SetAttributes(cfg.Attributes()...)
		for _, l := range cfg.Links() {
			rec.AddLink(l)
		}
	}
	return ctx, s
}

// open makes a child of parent, and the context in which it is the current span.
// A zero start means now. The last result is the span again if it records, else
// nil.
func (p *Provider) open(ctx context.Context, parent Context, o samplingRequest, kind oteltrace.SpanKind, start time.Time) (context.Context, oteltrace.Span, *recording) {
	c, on := childOf(parent, p.wide), p.on.On()
	var d decision
	if on {
		d = c.decide(o, p.sampler)
	}
	sampled := c.Sampled()
	if !on || p.sink == nil || !sampled && !d.waits && p.keeper == nil {
		s := nonRecordingFor(ctx, o, kind)
		s.ctx, s.provider = c, p
		return s.child.in(ctx, s, p), s, nil
	}
	if start.IsZero() {
		start = startAfter(ctx)
	}
	s := p.records.get(ctx, o, kind, sampled)
	s.provider, s.ids, s.start, s.waits, s.late = p, c, start, d.waits, d.waits
	s.Context, s.Service, s.Kind, s.Start = c, p.service, kind, start
	if d.bySampler && sampled {
		s.set(attribute.Float64(samplingRateKey, d.rate))
	}
	return s.child.in(ctx, s, p), s, s
}

// startAfter returns the time now, by the clock of the span in ctx if that is ours.
func startAfter(ctx context.Context) time.Time {
	if parent, ok := oteltrace.SpanFromContext(ctx).(*recording); ok {
		return parent.now()
	}
	return time.Now()
}
