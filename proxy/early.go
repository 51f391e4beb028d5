package proxy

import (
	"net/http"
	"time"

	"github.com/meshhop/meshhop/internal/hopspan"
)

// earlyError is why the server refuses a request before it comes to the handler.
type earlyError struct {
	status int
	reason error
}

func (e *earlyError) Error() string { return e.reason.Error() }

// Refuse answers a request that the server in front of the handler refuses before that
// becomes a request of the handler's, because its bytes are no valid request, or too many, or
// late. It answers in Linkerd's form, with the reason in l5d-err and in the body, counts the
// request in Stats.Refused and has a record of it; if the request names a host, it has a
// server span, too. A serve.Server calls it, unless its engine is net/http's, which answers
// such requests by itself.
//
// r has what came of the request, and nothing in it has been checked.
func (h *Handler) Refuse(w http.ResponseWriter, r *http.Request, status int, reason error) {
	h.handler().refuseEarly(w, r, &earlyError{status, reason})
}

func (h *handler) refuseEarly(w http.ResponseWriter, r *http.Request, cause *earlyError) {
	began := time.Now()
	x := &exchange{handler: h, w: w, in: r}
	x.local.Arrived = began
	x.beginRecord(began)
	if r.Host != "" {
		x.recordTrace(x.startSpan())
		hopspan.Failed(x.local.ServerSpan, "Server", cause)
	}
	h.stats.refused.Add(1)
	status := x.refuse(cause)
	if x.local.ServerSpan != nil {
		hopspan.EndServer(x.local.ServerSpan, status)
	}
	x.endRecord(status, time.Since(began))
}
