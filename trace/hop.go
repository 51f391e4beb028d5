package trace

import (
	"context"
	"net/http"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/ctxhdr"
)

// HopConfig configures a Hop. The zero value makes and propagates ids in
// l5d-ctx-trace and records nothing.
type HopConfig struct {
	// TracerProvider makes the spans. A *Provider of this package is the
	// cheap way; any other implementation gets the same spans through the
	// OpenTelemetry API. Nil: ids are made and propagated, nothing is
	// recorded.
	TracerProvider oteltrace.TracerProvider
	// Propagator reads and writes the headers. Default: L5d().
	Propagator Propagator
	// HeadersFirst has the headers of a request name the parent of its server
	// span also where its context holds a span of this process, such as that
	// of a middleware that traces every request; that span is then the parent
	// only of a request whose headers name none. Default: the local span is
	// the parent, so that there is one trace, and what the headers say of
	// the same trace is kept. See LocalSpan.
	HeadersFirst bool
	// Sampler decides about undecided callers on behalf of a foreign
	// TracerProvider. About a new trace that provider decides itself. It is
	// not used with a *Provider, which has its own.
	Sampler *Sampler
	// Version is the value of the tags srv/meshhop.version and
	// clnt/meshhop.version. Default: "dev".
	Version string
}

// Hop makes the two spans of a mesh hop and writes into them what Linkerd
// 1.7.4 does. All methods are safe for concurrent use, and do nothing for a
// span that does not record.
//
// The calls of one request, in order: StartServer, Identified, Bound, then for
// each attempt StartClient, Clear and Inject (or L5d, which needs no header
// map), WireSend, WireReceive, Responded and EndClient, and at last EndServer.
// Each may be left out. What there is to say of attempts that are made again
// stands in hop_retry.go.
//
// A foreign TracerProvider, one that is no *Provider, gets the attributes of
// OpenTelemetry's HTTP conventions as well, and the service names as
// srv/meshhop.label and clnt/meshhop.label because it knows one service name
// per process. The flags word, the width and the tracestate of the incoming
// context still go out.
type Hop struct {
	own        *Provider
	foreign    oteltrace.Tracer // nil: own makes the spans
	propagator Propagator
	sampler    *Sampler
	version    string

	headersFirst bool
}

// scopeName names the instrumentation to a foreign TracerProvider.
const scopeName = "github.com/meshhop/meshhop/trace"

// NewHop returns a Hop. There is no configuration that it refuses so far.
func NewHop(c HopConfig) (*Hop, error) {
	h := &Hop{propagator: c.Propagator, sampler: c.Sampler, version: c.Version, headersFirst: c.HeadersFirst}
	if h.propagator == nil {
		h.propagator = L5d()
	}
	if h.version == "" {
		h.version = "dev"
	}
	if own, ok := c.TracerProvider.(*Provider); ok && own != nil {
		h.own = own
		return h, nil
	}
	var err error
	if h.own, err = NewProvider(ProviderConfig{}); err != nil {
		return nil, err
	}
	if c.TracerProvider != nil {
		h.foreign = c.TracerProvider.Tracer(scopeName, oteltrace.WithInstrumentationVersion(h.version))
	}
	return h, nil
}

// Inject writes the outgoing headers for the span in ctx, whether or not it
// records. Without a span in ctx it writes nothing.
func (h *Hop) Inject(ctx context.Context, hdr http.Header) {
	if traceID, reqID, ok := h.L5d(ctx); ok {
		setL5d(hdr, traceID, reqID)
		return
	}
	h.propagator.Inject(hdr, FromContext(ctx))
}

// L5d returns the values of l5d-ctx-trace and l5d-reqid for the span in ctx. It
// is what Inject does, for callers that write these headers without a map. It is
// false without a span, and where the propagator is not that of [L5d].
func (h *Hop) L5d(ctx context.Context) (traceID, reqID string, ok bool) {
	if _, ok := h.propagator.(l5d); !ok {
		return "", "", false
	}
	switch own := oteltrace.SpanFromContext(ctx).(type) {
	case *recording:
		traceID, reqID = own.lines.write(own.ids)
		return traceID, reqID, true
	case *carrier:
		if !own.ctx.IsValid() {
			return "", "", false
		}
		traceID, reqID = own.lines.write(own.ctx)
		return traceID, reqID, true
	}
	c := FromContext(ctx)
	if !c.IsValid() {
		return "", "", false
	}
	traceID, reqID = new(lines).write(c)
	return traceID, reqID, true
}

// Clear removes the headers that StartServer read: those of the propagator,
// l5d-sample, and l5d-ctx-trace even if the propagator does not know it, so
// that the next hop never takes an older span for its parent.
func (h *Hop) Clear(hdr http.Header) {
	h.propagator.Clear(hdr)
	ctxhdr.Del(hdr, ctxhdr.SampleName, ctxhdr.TraceName)
}

// WireSend adds the event ws: the message was written at that time. On a client span
// that is the request, on a server span, where EndServer does it, the answer.
func (h *Hop) WireSend(span oteltrace.Span, at time.Time) { happenedAt(span, wireSend, at) }

// WireReceive adds the event wr: the beginning of the message was read at that time.
// On a server span StartServer does it.
func (h *Hop) WireReceive(span oteltrace.Span, at time.Time) { happenedAt(span, wireReceive, at) }

// Named gives a span another name and service name; an empty one stays as it
// is.
func (h *Hop) Named(span oteltrace.Span, name, service string) {
	if name != "" {
		span.SetName(name)
	}
	if service == "" {
		return
	}
	if own, ok := span.(*recording); ok {
		own.setService(service)
	}
}
