package trace

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// ServerStart describes a request that has just arrived.
type ServerStart struct {
	// Service is the server's label, "<configured ip>/<configured port>",
	// for example "0.0.0.0/4140".
	Service string
	// Router is the router's label. It is the span's name until the request
	// is identified.
	Router string
	// Local and Peer are the connection's addresses, where known.
	Local, Peer netip.AddrPort
	// Fresh ignores what the headers say: the span is the root of a new trace,
	// or the child of a span of this process.
	Fresh bool
	// Request is read, if it is set, for the attributes that a foreign
	// TracerProvider gets.
	Request *http.Request
}

// StartServer starts the server span: a child of the span of this process that
// is in ctx (see LocalSpan) or else of the caller's client span if hdr names
// one, in the other order with HopConfig.HeadersFirst; without either, a root.
// It reads hdr, l5d-sample included, and removes nothing; see Clear. The event
// wr is added.
func (h *Hop) StartServer(ctx context.Context, hdr http.Header, s ServerStart) (context.Context, oteltrace.Span) {
	var parent Context
	var o order
	if !s.Fresh {
		parent, _ = h.propagator.Extract(hdr)
		o.rate, o.given = sampleRate(h.propagator, hdr)
	}
	var local bool
	if !h.headersFirst || !parent.IsValid() {
		var above Context
		if above, local = localParent(ctx, parent); local {
			parent = above
		}
	}
	name := s.Router
	if name == "" {
		name = unnamed
	}
	if h.foreign != nil {
		return h.startForeignServer(ctx, parent, local, o, name, s)
	}
	ctx, span, rec := h.own.open(ctx, parent, o, oteltrace.SpanKindServer, time.Time{})
	if rec != nil {
		limit := h.own.limits.ValueBytes
		rec.Name = cut(name, limit)
		rec.Local, rec.Peer = s.Local, s.Peer
		if s.Service != "" {
			rec.Service = cut(s.Service, limit)
		}
		rec.fresh(serverVersionKey, h.version)
		rec.addEvent(wireReceive, rec.Start, nil)
	}
	return ctx, span
}

// Identified describes a request that has got its name.
type Identified struct {
	// Router is the router's label.
	Router string
	// Dst is the logical name, "/svc/hello".
	Dst string
	// BaseDtab and LocalDtab are the router's and the request's dtab; they
	// are tags even when empty.
	BaseDtab, LocalDtab string
}

// Identified names the server span "<router> <dst>" and sets the tags
// router.label, service, dtab.base and dtab.local.
func (h *Hop) Identified(span oteltrace.Span, i Identified) {
	if own, ok := span.(*recording); ok {
		own.change(func(r *Record) {
			r.Name = cut(own.text.join(i.Router, " ", i.Dst), own.provider.limits.ValueBytes)
			own.tag(routerLabelKey, i.Router)
			own.tag(serviceKey, i.Dst)
			own.tag(dtabBaseKey, i.BaseDtab)
			own.tag(dtabLocalKey, i.LocalDtab)
		})
		return
	}
	if !span.IsRecording() {
		return
	}
	span.SetName(i.Router + " " + i.Dst)
	tag(span,
		attribute.String(routerLabelKey, i.Router),
		attribute.String(serviceKey, i.Dst),
		attribute.String(dtabBaseKey, i.BaseDtab),
		attribute.String(dtabLocalKey, i.LocalDtab))
}

// LeftOut says which entries of its own dtab the request's name was looked up
// without, as the tag meshhop.dtab.left_out.
func (h *Hop) LeftOut(span oteltrace.Span, entries string) {
	tag(span, attribute.String(leftOutKey, entries))
}

// Bound says what the request's name is bound to: the tags client (the bound
// id with its leading slash) and residual ("/" if there is none), and the
// event namer.success.
func (h *Hop) Bound(span oteltrace.Span, client, residual string) {
	if residual == "" {
		residual = "/"
	}
	if own, ok := span.(*recording); ok {
		at := own.now()
		own.change(func(*Record) {
			own.tag(clientKey, client)
			own.tag(residualKey, residual)
			own.addEvent(namerSuccess, at, nil)
		})
		return
	}
	if !span.IsRecording() {
		return
	}
	tag(span, attribute.String(clientKey, client), attribute.String(residualKey, residual))
	span.AddEvent(namerSuccess)
}

// Failed says that the router could not do its work: the tag
// io.buoyant.router.Failure holds the kind, and the span's status is an error.
// Identification: it has no name; ClientAcquisition: its name leads to no replica,
// or to none that takes a connection; Service: it had one.
func (h *Hop) Failed(span oteltrace.Span, kind string, err error) {
	if !span.IsRecording() {
		return
	}
	tag(span, attribute.String(failureKey, kind))
	text := kind
	if err != nil {
		text = err.Error()
	}
	span.SetStatus(codes.Error, text)
}

// EndServer adds the event ws and ends the server span. The status is the one
// that was sent, 0 if none was.
func (h *Hop) EndServer(span oteltrace.Span, status int) {
	if own, ok := span.(*recording); ok {
		own.end(own.now(), wireSend)
		return
	}
	if span.IsRecording() {
		span.AddEvent(wireSend)
		tagForeignStatus(span, status, http.StatusInternalServerError)
	}
	span.End()
}
