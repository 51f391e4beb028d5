package router

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/meshhop/meshhop/internal/record"
)

// record is where the stages write what they know of the request; nil: nobody wants it.
func (x *exchange) record() *record.Record { return x.local.Record }

// recordName notes the request's name, and its target if that was changed to find it.
func (x *exchange) recordName(name string, before *url.URL) {
	r := x.record()
	if r == nil {
		return
	}
	r.Dtab = x.local.DtabText
	if r.Service = name; x.out.URL != before {
		r.SentTarget = x.out.URL.RequestURI()
	}
}

// recordClient notes the replica set of an attempt.
func (x *exchange) recordClient() {
	if r := x.record(); r != nil {
		r.Client = x.leaf.bound
	}
}

// recordKnown notes that the name is bound, before something else takes time, or when no
// attempt came of it.
func (x *exchange) recordKnown() {
	if r := x.record(); r != nil {
		r.Known()
	}
}

// recordSend notes an attempt that begins. The time is by Router.now.
func (x *exchange) recordSend(a *attempt, at time.Duration) {
	if r := x.record(); r != nil {
		r.Sending(at-r.Start.Sub(x.router.born), a.endpoint.Address().AddrPort)
	}
}

// recordHead notes the head of an attempt's response. The time is by Router.now.
func (x *exchange) recordHead(resp *http.Response, at time.Duration) {
	if r := x.record(); r != nil {
		r.Attempted(at-r.Start.Sub(x.router.born), resp.StatusCode, only(resp.Header["Content-Length"]), only(resp.Header["Grpc-Status"]))
	}
}

// recordAgain notes why the request is sent again: what the attempt before came to.
func (x *exchange) recordAgain(resp *http.Response, err error) {
	r := x.record()
	switch {
	case r == nil:
	case err == nil:
		r.Again = "status " + strconv.Itoa(resp.StatusCode)
	default:
		r.Again = err.Error()
		if own, ok := errors.AsType[*Error](err); ok {
			r.Again = own.Kind.String() + " at " + own.Addr
		}
	}
}

// only is the first line of a field; empty if there is none.
func only(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[0]
}
