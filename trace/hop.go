package trace

import (
	"context"
	"net/http"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/wire"
)

// HopConfig configures a Hop. The zero value makes and propagates ids in
// l5d-ctx-trace and records nothing.
type HopConfig struct {
	// TracerProvider makes the spans. A *Provider of this package costs
	// least; any other implementation gets the same spans through the
	// OpenTelemetry API. Nil: ids are made and propagated, nothing is
	// recorded.
	TracerProvider oteltrace.TracerProvider
	// Propagator reads and writes the headers. Default: L5d().
	Propagator Propagator
	// HeadersFirst makes the span that a request's headers name the parent of
	// its server span, even if the request's context holds a span of this
	// process, such as that of a middleware that traces every request. That
	// span is then the parent only if the headers name none. Default: the
	// local span is the parent, so that there is one trace; flags and
	// tracestate of the headers are kept if they belong to the same trace.
	HeadersFirst bool
	// Sampler decides about undecided callers on behalf of a foreign
	// TracerProvider, which decides about new traces itself, at the start of a
	// request: rates for services do not apply. It is not used with a *Provider,
	// which has its own.
	Sampler *Sampler
	// Version is the value of the tags srv/meshhop.version and
	// clnt/meshhop.version. Default: "dev".
	Version string
}

// Hop makes the two spans of a mesh hop, the server span of a request and the
// client span of each attempt, with the names, tags and events that Linkerd 1.7.4
// gives them. It is what router.Config.Hop takes; it has no methods of its own.
//
// A foreign TracerProvider, one that is no *Provider, gets the attributes of
// OpenTelemetry's HTTP conventions as well, and the service names as
// srv/meshhop.label and clnt/meshhop.label because it knows one service name
// per process. The flags word, the width and the tracestate of the incoming
// context still go out. What it does not sample is not kept later: that is a matter of the
// collector behind it.
type Hop hopspan.Hop

// NewHop returns a Hop. It cannot fail: each field of the configuration has a
// default, and any value of it can be used.
func NewHop(c HopConfig) *Hop {
	h := &hop{propagator: c.Propagator, sampler: c.Sampler, version: c.Version, headersFirst: c.HeadersFirst}
	if h.propagator == nil {
		h.propagator = L5d()
	}
	if h.version == "" {
		h.version = "dev"
	}
	if own, ok := c.TracerProvider.(*Provider); ok && own != nil {
		h.own = own
		return (*Hop)(hopspan.New(h, h, own.keeper != nil, true))
	}
	h.own, _ = NewProvider(ProviderConfig{}) // its defaults are never refused
	if c.TracerProvider != nil {
		h.foreign = c.TracerProvider.Tracer(scopeName, oteltrace.WithInstrumentationVersion(h.version))
	}
	return (*Hop)(hopspan.New(h, h, false, h.foreign == nil))
}

// hop implements what a Hop does; see package hopspan.
type hop struct {
	own        *Provider
	foreign    oteltrace.Tracer // nil: own makes the spans
	propagator Propagator
	sampler    *Sampler
	version    string

	headersFirst bool
}

// scopeName names the instrumentation to a foreign TracerProvider.
const scopeName = "github.com/meshhop/meshhop/trace"

func (h *hop) Inject(ctx context.Context, hdr http.Header) {
	if traceID, reqID, ok := h.L5d(ctx); ok {
		setL5d(hdr, traceID, reqID)
		return
	}
	h.propagator.Inject(hdr, settledFrom(ctx))
}

func (h *hop) L5d(ctx context.Context) (traceID, reqID string, ok bool) {
	if _, ok := h.propagator.(l5d); !ok {
		return "", "", false
	}
	switch own := oteltrace.SpanFromContext(ctx).(type) {
	case *recording:
		traceID, reqID = own.headers.write(own.settled())
		return traceID, reqID, true
	case *nonRecordingSpan:
		if !own.ctx.IsValid() {
			return "", "", false
		}
		traceID, reqID = own.headers.write(own.ctx)
		return traceID, reqID, true
	}
	c := FromContext(ctx)
	if !c.IsValid() {
		return "", "", false
	}
	traceID, reqID = new(headerArena).write(c)
	return traceID, reqID, true
}

func (h *hop) Clear(hdr http.Header) {
	h.propagator.Clear(hdr)
	wire.Del(hdr, wire.SampleName, wire.TraceName)
}
