package proxy

import (
	"context"
	"fmt"
	"net/http"

	"github.com/meshhop/meshhop/router"
)

// proxy has the request sent on and the answer returned; it returns the status
// that the caller got, and whether the answer broke off after it.
func (h *Handler) proxy(ctx context.Context, w http.ResponseWriter, in *http.Request) (status int, broken bool) {
	body := borrow(w, in)
	// Sending can outlast the answer.
	defer body.finish(w)
	if in.Method == http.MethodConnect {
		body.giveUp(w, in)
		return h.refuse(w, in, errConnect), false
	}
	out := h.outbound(ctx, in)
	inform := &informer{w: w, clear: h.config.ClearContext}
	if in.ProtoAtLeast(1, 1) { // an older caller knows no 1xx (RFC 9110 section 15.2)
		router.LocalOf(ctx).Informational = inform.pass
	}
	if body != nil {
		if awaitsContinue(in) {
			body.inform = inform
		}
		out.Body = body
	}
	resp, err := h.config.Router.RoundTrip(out)
	inform.stop()
	if err != nil {
		if body != nil && body.broken.Load() && in.Context().Err() == nil {
			err = errMalformedBody
		}
		body.giveUp(w, in)
		return h.refuse(w, in, err), false
	}
	if resp.StatusCode == http.StatusSwitchingProtocols && (body == nil || body.ended.Load()) {
		return h.switchProtocols(w, in, resp), false
	}
	body.giveUp(w, in)
	if resp.StatusCode < 200 || resp.StatusCode > 999 {
		resp.Body.Close()
		return h.refuse(w, in, fmt.Errorf("the replica's answer has status %d, which cannot be the last one here", resp.StatusCode)), false
	}
	return h.respond(w, in, resp)
}

// errMalformedBody refuses a request whose body is not framed as HTTP/1.1 has
// it.
var errMalformedBody = &protocolError{http.StatusBadRequest}
