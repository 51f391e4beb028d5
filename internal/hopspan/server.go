package hopspan

import (
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
	// Addresses returns those of the connection of Request, where known. It is called only
	// for a span that is recorded. Nil: none is known.
	Addresses func(*http.Request) (local, peer netip.AddrPort)
	// Fresh ignores what the headers say: the span is the root of a new trace,
	// or the child of a span of this process.
	Fresh bool
	// Request is read, if it is set, for the attributes that a foreign
	// TracerProvider gets, and for the field Request of a trace.Record.
	Request *http.Request
}

// Connection returns the connection's addresses; zero where they are not known.
func (s *ServerStart) Connection() (local, peer netip.AddrPort) {
	if s.Addresses == nil {
		return local, peer
	}
	return s.Addresses(s.Request)
}

// Request describes a request whose name has been found.
type Request struct {
	// Router is the router's label.
	Router string
	// Dst is the logical name, "/svc/hello".
	Dst string
	// BaseDtab and LocalDtab are the router's and the request's dtab; they
	// are tags even when empty.
	BaseDtab, LocalDtab string
}

// serverSpan is a server span of package trace. It takes each step under one
// lock.
type serverSpan interface {
	Identified(Request)
	Bound(client, residual string)
	EndServer(status int)
}

// Identified names the server span "<router> <dst>" and sets the tags
// router.label, service, dtab.base and dtab.local.
func Identified(span oteltrace.Span, r Request) {
	if own, ok := span.(serverSpan); ok {
		own.Identified(r)
		return
	}
	if !span.IsRecording() {
		return
	}
	span.SetName(r.Router + " " + r.Dst)
	tag(span,
		attribute.String(RouterLabelKey, r.Router),
		attribute.String(ServiceKey, r.Dst),
		attribute.String(DtabBaseKey, r.BaseDtab),
		attribute.String(DtabLocalKey, r.LocalDtab))
}

// LeftOut sets the tag meshhop.dtab.left_out: the entries of its own dtab that
// the request's name was looked up without.
func LeftOut(span oteltrace.Span, entries string) {
	tag(span, attribute.String(leftOutKey, entries))
}

// Route sets the tag meshhop.route: the names on the way to the replica set, each with
// what led to it, and the balancer of the set.
func Route(span oteltrace.Span, decision string) {
	if span.IsRecording() {
		tag(span, attribute.String(RouteKey, decision))
	}
}

// Deadline sets the tags of a server span whose request has a limit: meshhop.deadline,
// by when the response must begin, by the clock of this machine in RFC 3339, and
// meshhop.deadline.by, what set it, such as l5d-ctx-deadline or totalTimeoutMs.
func Deadline(span oteltrace.Span, at time.Time, by string) {
	tag(span,
		attribute.String(DeadlineKey, at.UTC().Format(deadlineFormat)),
		attribute.String(deadlineByKey, by))
}

// deadlineFormat has the microseconds of the times of spans.
const deadlineFormat = "2006-01-02T15:04:05.000000Z07:00"

// Bound records what the request's name is bound to: the tags client (the bound
// id with its leading slash) and residual ("/" if there is none), and the
// event namer.success.
func Bound(span oteltrace.Span, client, residual string) {
	if residual == "" {
		residual = "/"
	}
	if own, ok := span.(serverSpan); ok {
		own.Bound(client, residual)
		return
	}
	if !span.IsRecording() {
		return
	}
	tag(span, attribute.String(ClientKey, client), attribute.String(ResidualKey, residual))
	span.AddEvent(NamerSuccess)
}

// Failed records that the router could not do its work: the tag
// io.buoyant.router.Failure holds the kind, and the span's status is an error.
// Identification: the request has no name. ClientAcquisition: its name leads to no
// replica, or to none that accepts a connection. Service: it had a replica.
func Failed(span oteltrace.Span, kind string, err error) {
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

// Responding is called before the head of the response goes out, with its status: 499 means
// that nobody is there to get it. It reports whether the spans of the request are kept
// although no sampler chose them, and what l5d-keep is to tell the caller; empty: nothing.
func Responding(span oteltrace.Span, status int) (kept bool, tell string) {
	if own, ok := span.(keeping); ok {
		return own.Responding(status)
	}
	return false, ""
}

// keeping is a span of package trace that a sampler need not have chosen.
type keeping interface {
	Responding(status int) (kept bool, tell string)
	AskedToKeep(http.Header)
}

// EndServer adds the event ws and ends the server span. The status is the one
// that was sent, 0 if none was.
func EndServer(span oteltrace.Span, status int) {
	if own, ok := span.(serverSpan); ok {
		own.EndServer(status)
		return
	}
	if span.IsRecording() {
		span.AddEvent(WireSend)
		tagForeignStatus(span, status, http.StatusInternalServerError)
	}
	span.End()
}
