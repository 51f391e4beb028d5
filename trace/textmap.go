package trace

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
)

// FromTextMap returns a Propagator that reads and writes what an OpenTelemetry
// propagator does, for example one for Jaeger or X-Ray. Of a Context it carries
// what OpenTelemetry's SpanContext can hold: an undecided trace is sent on as not
// sampled. Baggage is not trace context, and its header is passed on unchanged.
func FromTextMap(p propagation.TextMapPropagator) Propagator {
	if own, ok := p.(textMap); ok {
		return own.propagator
	}
	f := fromTextMap{propagator: p}
	for _, field := range p.Fields() {
		if name := http.CanonicalHeaderKey(field); name != wire.BaggageName {
			f.fields = append(f.fields, name)
		}
	}
	return f
}

type fromTextMap struct {
	propagator propagation.TextMapPropagator
	fields     []string // canonical
}

func (f fromTextMap) Extract(h http.Header) (Context, bool) {
	ctx := f.propagator.Extract(context.Background(), headerCarrier(h))
	c := FromContext(ctx)
	return c, c.IsValid()
}

func (f fromTextMap) Inject(h http.Header, c Context) {
	if !c.IsValid() {
		return
	}
	f.Clear(h)
	f.propagator.Inject(oteltrace.ContextWithSpanContext(context.Background(), c.SpanContext(false)), headerCarrier(h))
}

func (f fromTextMap) Clear(h http.Header) { wire.Del(h, f.fields...) }

// headerCarrier is propagation.HeaderCarrier, and finds names in lower case too.
type headerCarrier http.Header

func (c headerCarrier) Get(key string) string {
	value, _ := wire.First(http.Header(c), http.CanonicalHeaderKey(key))
	return value
}

func (c headerCarrier) Values(key string) []string {
	return wire.Values(http.Header(c), http.CanonicalHeaderKey(key))
}

func (c headerCarrier) Set(key, value string) { c[http.CanonicalHeaderKey(key)] = []string{value} }

func (c headerCarrier) Keys() []string { return slices.Collect(maps.Keys(c)) }

// TextMap is the reverse of [FromTextMap]: it returns a Propagator of this package
// as an OpenTelemetry propagator, for example for otelhttp. Spans that are started in
// the context that it extracted continue the caller's trace, and Inject writes also
// what OpenTelemetry cannot hold, such as the flags of l5d-ctx-trace. Names are
// canonical in the headers of a request and in lower case in other carriers.
func TextMap(p Propagator) propagation.TextMapPropagator {
	if other, ok := p.(fromTextMap); ok {
		return other.propagator
	}
	return textMap{p}
}

type textMap struct{ propagator Propagator }

func (t textMap) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	h, ok := headerOf(carrier)
	if !ok {
		h = http.Header{}
		for _, key := range carrier.Keys() {
			h.Add(key, carrier.Get(key))
		}
	}
	c, ok := t.propagator.Extract(h)
	if !ok {
		return ctx
	}
	return context.WithValue(ContextWithRemote(ctx, c), contextKey{}, c)
}

func (t textMap) Inject(ctx context.Context, carrier propagation.TextMapCarrier) {
	c := FromContext(ctx)
	if h, ok := headerOf(carrier); ok {
		t.propagator.Inject(h, c)
		return
	}
	h := http.Header{}
	t.propagator.Inject(h, c)
	for name, lines := range h {
		carrier.Set(strings.ToLower(name), lines[0])
	}
}

// Fields returns the names that Inject writes, in lower case.
func (t textMap) Fields() []string {
	written := map[string]bool{}
	ids := Context{Trace: oteltrace.TraceID{0: 1}, Span: oteltrace.SpanID{0: 2}, Parent: oteltrace.SpanID{0: 1}, Wide: true, State: "a=1"}
	debug := ids
	ids.Sampling, debug.Flags = Keep, ctxhdr.FlagDebug
	for _, c := range []Context{ids, debug} {
		h := http.Header{}
		t.propagator.Inject(h, c)
		for name := range h {
			written[strings.ToLower(name)] = true
		}
	}
	return slices.Sorted(maps.Keys(written))
}

func headerOf(carrier propagation.TextMapCarrier) (http.Header, bool) {
	switch c := carrier.(type) {
	case propagation.HeaderCarrier:
		return http.Header(c), true
	case headerCarrier:
		return http.Header(c), true
	}
	return nil, false
}
