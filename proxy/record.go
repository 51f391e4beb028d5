package proxy

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/record"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/trace"
)

// A Record is what is known of one request: see [Config].Ended. It is valid only while
// the function that got it runs; the texts in it may be kept.
type Record = record.Record

// observe has f called beside Config.Ended.
func (h *handler) observe(f func(*Record)) {
	if f == nil {
		h.observer.Store(nil)
		return
	}
	h.observer.Store(&f)
}

// beginRecord lends the request a record, if somebody wants it.
func (x *exchange) beginRecord(began time.Time) {
	c := &x.config
	if c.Ended == nil && c.Attempted == nil && x.observer.Load() == nil {
		return
	}
	r, ok := x.records.Get().(*Record)
	if !ok {
		r = new(Record)
	}
	in := x.in
	r.Begin(began, c.Attempted)
	r.Router, r.Server = c.Router.Label(), c.ServiceName
	r.Remote, r.TLS = peerAddr(in), in.TLS
	r.Method, r.Authority, r.Proto = in.Method, in.Host, in.Proto
	r.UserAgent, r.Referer = only(in.Header["User-Agent"]), only(in.Header["Referer"])
	x.local.Record = r
}

// only is the first line of a field; empty if there is none.
func only(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[0]
}

// recordTrace notes the server span.
func (x *exchange) recordTrace(ctx context.Context) {
	if r := x.local.Record; r != nil {
		span := trace.FromContext(ctx)
		r.Trace, r.Span, r.Sampled, r.Continued = span.Trace, span.Span, span.Sampled(), span.Parent.IsValid()
	}
}

// recordFailure notes why the response is made here, or broke off.
func (x *exchange) recordFailure(why cause, message string) {
	x.cause = why
	if r := x.local.Record; r != nil {
		r.Kind, r.Err = why.String(), message
	}
}

// recordResponse notes why a hop behind this one failed the request, and the status of a
// gRPC call without messages.
func (x *exchange) recordResponse(resp *http.Response) {
	if status := resp.Header[wire.GRPCStatusName]; status != nil {
		x.recordCall(only(status))
	}
	r, told := x.local.Record, resp.Header[wire.ErrName]
	if r == nil || len(told) == 0 {
		return
	}
	r.Err = told[0]
	if text, err := url.QueryUnescape(r.Err); err == nil { // as wire.EncodeErr wrote it
		r.Err = text
	}
}

// recordTrailer notes the status of a gRPC call, which usually follows its messages.
func (x *exchange) recordTrailer(trailer http.Header) {
	if len(trailer) > 0 {
		x.recordCall(trailer.Get(wire.GRPCStatusName))
	}
}

// recordCall notes the status of a gRPC call, of which the first counts.
func (x *exchange) recordCall(status string) {
	if status == "" {
		return
	}
	if span := x.local.ServerSpan; span != nil { // a request may be refused before it has one
		hopspan.CallEnded(span, status)
	}
	if r := x.local.Record; r != nil && r.GRPCStatus == "" {
		r.GRPCStatus = status
	}
}

// recordOut notes bytes of a body that the client got.
func (x *exchange) recordOut(n int64) {
	x.sent += n
	if r := x.local.Record; r != nil {
		r.BytesOut += n
	}
}

// endRecord gives the record to who wants it. The status is the one that is counted: of
// a response that broke off, it says why.
func (x *exchange) endRecord(status int, took time.Duration) {
	r := x.local.Record
	if r == nil {
		return
	}
	if r.End, r.Status, r.Left = took, status, status == statusClientClosed; x.brokeOff {
		r.Status = x.responseStatus
	}
	if r.Target == "" { // it was refused before that
		r.Target = x.in.RequestURI
	}
	r.BytesIn += x.body.received()
	if x.config.Ended != nil {
		x.config.Ended(r)
	}
	if f := x.observer.Load(); f != nil {
		(*f)(r)
	}
	*r = Record{} // which keeps nothing of the request in memory
	x.records.Put(r)
}
