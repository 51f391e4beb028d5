// Package hopspan makes the two spans of a mesh hop: the server span of a request
// and the client span of each attempt. It is what packages router and proxy do
// with a trace.Hop, which is opaque to everybody else:
//
//	hop := (*hopspan.Hop)(config.Hop)
//	ctx, span := hop.StartServer(ctx, header, hopspan.ServerStart{Router: "http"})
//	hopspan.Bound(span, "/#/io.l5d.fs/hello", "")
//	hopspan.EndServer(span, 200)
//
// The calls of one request, in order: StartServer, Identified, Bound, then for each
// attempt StartClient, Clear and Inject (or L5d, which needs no header map), Sent,
// Received, AskedToKeep, Responded and EndClient, and at last Responding and EndServer.
// Each may be left out.
// The file retry.go has the calls for an attempt that is followed by another.
//
// The names, tags and events are those of Linkerd 1.7.4. A span of another
// implementation of OpenTelemetry gets the attributes of OpenTelemetry's HTTP
// conventions as well. All functions are safe for concurrent use, and do nothing
// to a span that does not record.
package hopspan

import (
	"context"
	"net/http"

	oteltrace "go.opentelemetry.io/otel/trace"
)

// Hop starts spans and writes their headers. A *trace.Hop is a *Hop without its
// methods, and is converted where they are needed.
type Hop struct {
	starter Starter
	headers Headers
	keeps   bool
	ours    bool
}

// Starter starts the two spans of a hop.
type Starter interface {
	StartServer(context.Context, http.Header, ServerStart) (context.Context, oteltrace.Span)
	StartClient(context.Context, *http.Request, ClientStart) (context.Context, oteltrace.Span)
}

// Headers writes and removes the headers of the span in a context.
type Headers interface {
	Inject(context.Context, http.Header)
	L5d(context.Context) (traceID, reqID string, ok bool)
	Clear(http.Header)
}

// New returns a Hop. Package trace alone calls it. keeps is what Keeps returns, and ours what
// Ours does.
func New(s Starter, h Headers, keeps, ours bool) *Hop { return &Hop{s, h, keeps, ours} }

// Ours reports whether no tracer of others gets the contexts of requests.
func (h *Hop) Ours() bool { return h.ours }

// Keeps reports whether spans may be kept that no sampler chose. If not, Responding and
// AskedToKeep do nothing, and need not be called.
func (h *Hop) Keeps() bool { return h.keeps }

// StartServer starts the server span: a child of the span of this process that
// is in ctx, or else of the caller's client span if hdr names one, in the other
// order with trace.HopConfig.HeadersFirst; without either, a root. It reads hdr,
// l5d-sample included, and removes nothing; see Clear. The event wr is added.
func (h *Hop) StartServer(ctx context.Context, hdr http.Header, s ServerStart) (context.Context, oteltrace.Span) {
	return h.starter.StartServer(ctx, hdr, s)
}

// StartClient starts the client span of one attempt as a child of the span in
// ctx, or as a root without one. Its name is "<METHOD> <path>"; the tags
// http.uri (query included) and http.req.* describe r.
func (h *Hop) StartClient(ctx context.Context, r *http.Request, c ClientStart) (context.Context, oteltrace.Span) {
	return h.starter.StartClient(ctx, r, c)
}

// Inject writes the outgoing headers for the span in ctx, whether or not it
// records. Without a span in ctx it writes nothing.
func (h *Hop) Inject(ctx context.Context, hdr http.Header) { h.headers.Inject(ctx, hdr) }

// L5d returns the values of l5d-ctx-trace and l5d-reqid for the span in ctx. It
// does what Inject does, for callers that write these headers without a map. ok
// is false without a span, and where the propagator is not that of trace.L5d.
func (h *Hop) L5d(ctx context.Context) (traceID, reqID string, ok bool) { return h.headers.L5d(ctx) }

// Clear removes the headers that StartServer read: those of the propagator,
// l5d-sample, and l5d-ctx-trace even if the propagator does not read it, so
// that the next hop never takes an older span for its parent.
func (h *Hop) Clear(hdr http.Header) { h.headers.Clear(hdr) }
