package trace

import (
	"fmt"

	oteltrace "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"
)

// ProviderConfig configures a Provider. The zero value makes and propagates
// ids and records nothing.
type ProviderConfig struct {
	// Sink gets every finished span that is sampled. Nil: nothing is
	// recorded.
	Sink Sink
	// Sampler decides about undecided traces. Nil: they stay undecided, and
	// are not recorded.
	Sampler *Sampler
	// Recording turns recording on and off. Nil: it is on.
	Recording *Switch
	// WideIDs gives new traces 128-bit ids. Default: 64 bits, which every
	// Linkerd and Zipkin understands.
	WideIDs bool
	// Service is the service name of spans that set no other. Default:
	// "unknown".
	Service string
	// Limits bound each span.
	Limits Limits
	// Keep has spans recorded that are not sampled, so that those of some requests can be
	// kept when it is known what became of them. Nil: there is none of this. It needs a
	// Sink.
	Keep *KeepConfig
}

// Limits bound what one span can hold. The record counts what was left out. A
// zero field means its default.
type Limits struct {
	// Attributes, Events and Links are the greatest numbers of each.
	// Default: 128 of each.
	Attributes, Events, Links int
	// AttributesPerEvent also holds for links. Default: 32.
	AttributesPerEvent int
	// ValueBytes is the greatest length of a name or a value; longer ones
	// are cut, not dropped. Default: 8192.
	ValueBytes int
}

// Provider is an OpenTelemetry TracerProvider. It is safe for concurrent use
// and holds nothing that has to be closed: what it holds for KeepConfig is forgotten.
type Provider struct {
	embedded.TracerProvider
	sink    Sink
	records recordPool
	sampler *Sampler
	on      *Switch // nil: always
	keeper  *keeper // nil: what is not sampled is not recorded
	wide    bool
	service string
	limits  Limits
	spanKey any // see childContext
}

// NewProvider returns a Provider. A negative limit is an error, and what KeepConfig calls
// one.
func NewProvider(c ProviderConfig) (*Provider, error) {
	l := c.Limits
	for _, f := range []struct {
		name  string
		value *int
		def   int
	}{
		{"Attributes", &l.Attributes, 128},
		{"Events", &l.Events, 128},
		{"Links", &l.Links, 128},
		{"AttributesPerEvent", &l.AttributesPerEvent, 32},
		{"ValueBytes", &l.ValueBytes, 8192},
	} {
		if *f.value < 0 {
			return nil, fmt.Errorf("trace: provider: Limits.%s is negative: %d", f.name, *f.value)
		}
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	if c.Service == "" {
		c.Service = "unknown"
	}
	p := &Provider{sink: c.Sink, records: newRecordPool(c.Sink, c.Keep != nil), sampler: c.Sampler, on: c.Recording, wide: c.WideIDs, service: c.Service, limits: l, spanKey: findSpanKey()}
	if c.Keep != nil {
		keep, err := c.Keep.withDefaults()
		if err != nil {
			return nil, err
		}
		if p.sink != nil {
			p.keeper = newKeeper(keep, p.deliver, p.records.put)
		}
	}
	return p, nil
}

// deliver gives a span that has ended to the sink.
func (p *Provider) deliver(r *pooledRecord) {
	p.sink.Add(&r.Record)
	p.records.sent(r)
}

// ProviderStats counts what a Provider decides.
type ProviderStats struct {
	// Limited counts the traces that were not sampled because of
	// SamplerConfig.MaxPerSecond.
	Limited uint64
	// Keep counts what was kept although it was not sampled.
	Keep KeepStats
}

// Stats returns the counters. It may be called at any time.
func (p *Provider) Stats() ProviderStats {
	s := ProviderStats{Keep: p.keeper.stats()}
	if p.sampler != nil {
		s.Limited = p.sampler.Limited()
	}
	return s
}

// Tracer returns a tracer for the named instrumentation. It never fails, and
// tracers need not be kept.
func (p *Provider) Tracer(name string, opts ...oteltrace.TracerOption) oteltrace.Tracer {
	cfg := oteltrace.NewTracerConfig(opts...)
	return &tracer{provider: p, scope: name, version: cfg.InstrumentationVersion()}
}
