// Package inbound is what a server has read of a request's headers for the router behind
// it, so that the router need not read them again, copy the request, or make a header
// map for the response. It goes with the context of the request:
//
//	request := &inbound.Request{Timeout: time.Second}
//	r = r.WithContext(&inbound.Context{Context: r.Context(), Request: request})
//	resp, err := router.RoundTrip(r)
package inbound

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/internal/record"
	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/resolve"
)

// Request is the context of one request that came in its headers, already parsed. It
// belongs to the router until the body of the response is closed.
type Request struct {
	// Dtab is the request's own dtab; its entries win over the router's.
	Dtab resolve.Dtab
	// DtabText is Dtab in its canonical form, sent on as l5d-ctx-dtab.
	DtabText string
	// Overrides is a *router.Overrides, which bounds what Dtab may do. Nil: no bound.
	// Requests share the bindings of their names only if they have the same one.
	Overrides any
	// Deadline is the client's l5d-ctx-deadline, if it is not zero: the response must
	// begin before it. What is left of it is sent on.
	Deadline ctxhdr.Deadline
	// Timeout is the server's limit for the start of the response
	// (servers[].timeoutMs). Default: no limit.
	Timeout time.Duration
	// ServerSpan is the hop's own server span, in which the router records where the
	// request went. Nil: there is none. The router does not touch a span that is only in
	// the request's context, because it belongs to somebody else.
	ServerSpan oteltrace.Span
	// MaxContextBytes bounds what the router writes of l5d-dst-service, l5d-dst-client
	// and l5d-dst-residual beside DtabText: those that do not fit are left out, in this
	// order, and counted. Default 8 KiB.
	MaxContextBytes int
	// Header is how the header that is sent on differs from the request's, besides the
	// headers that the router writes itself. Nil: it does not differ.
	Header relay.HeaderEdit
	// ResponseHeader, if it is not nil, is an empty map that may become the response's
	// Header. It then holds the fields that came, also if there is no response in the
	// end.
	ResponseHeader http.Header
	// Lines is how the request's header stood on the wire, as far as it is known.
	Lines *h1wire.Lines
	// ResponseLines, if it is not nil, gets how the header of the last response stood on
	// the wire, also if the request was tried again, or a stage made another response.
	ResponseLines *h1wire.Lines
	// Passage gets the request's name before it is looked up, and can refuse the
	// request. Nil: every request passes.
	Passage Passage
	// Interim gets each 1xx response except 101. Nil: they are ignored.
	Interim relay.InterimResponder
	// TakesTrailers says that the client will not discard the trailers of the response
	// ("TE: trailers"), which an endpoint is told by HTTP/2.
	TakesTrailers bool
	// Record gets what the router knows of the request, until RoundTrip returns. Nil:
	// nobody wants it.
	Record *record.Record

	// Arrived is when the request came, from which the router measures how long it took.
	// Default: when the router got it.
	Arrived time.Time
	// Took is how long it took from then to the head of the response, or to the error. The
	// router writes it. Zero: it did not come to a service.
	Took time.Duration

	// WantsRoute has the router set Route: who routed the request where and why.
	WantsRoute bool
	Route      string

	taken uint32
}

// A Passage decides whether a request goes on after it was identified. It is called
// once, before the header is sent on for the first time, with the name and the request's
// own dtab in its canonical form. An error refuses the request.
type Passage interface {
	Named(name resolve.Path, dtab string) error
}

// SetDtab sets Dtab and DtabText together.
func (r *Request) SetDtab(dtab resolve.Dtab) {
	r.Dtab, r.DtabText = dtab, ""
	if len(dtab) > 0 {
		r.DtabText = dtab.String()
	}
}

// Take reports whether the caller is the first to send the request. A second request
// with the same context, such as the copy that a mirror sends, is another one.
func (r *Request) Take() bool { return atomic.CompareAndSwapUint32(&r.taken, 0, 1) }

// Context is a context that has a request. It is a type, so that a server can have it in
// the allocation that it makes for a request anyway.
type Context struct {
	context.Context
	Request *Request
}

type contextKey struct{}

// Value returns the value of a key, as [context.Context] says.
func (c *Context) Value(key any) any {
	if key == any(contextKey{}) {
		return c.Request
	}
	return c.Context.Value(key)
}

// FromContext returns the request that ctx has, or nil.
func FromContext(ctx context.Context) *Request {
	r, _ := ctx.Value(contextKey{}).(*Request)
	return r
}
