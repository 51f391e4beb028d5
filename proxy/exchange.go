package proxy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/router"
)

// exchange is one request on its way through the handler. What the router gets
// of it lies in it, so that it is one allocation.
type exchange struct {
	*handler
	w  http.ResponseWriter
	in *http.Request

	local    router.Local
	out      http.Request
	url      url.URL // of out
	edit     headerEdit
	mark     mark // in Via of the request
	informer informer
	class    class     // of the answer
	answered int       // the answer's status
	via      [1]string // of the answer
}

// proxy has the request sent on and the answer returned; it returns the status
// that the caller got, and whether the answer broke off after it.
func (x *exchange) proxy(ctx context.Context) (status int, broken bool) {
	w, in := x.w, x.in
	body := borrow(w, in)
	// Sending can outlast the answer.
	defer body.finish(w)
	if in.Method == http.MethodConnect {
		body.giveUp(w, in)
		httpx.CloseAfter(w, in) // what follows was meant for the tunnel
		return x.refuse(w, in, errConnect), false
	}
	x.outbound(ctx)
	x.informer.w, x.informer.clear = w, x.config.ClearContext
	if in.ProtoAtLeast(1, 1) { // an older caller knows no 1xx (RFC 9110 section 15.2)
		x.local.Informer = &x.informer
	}
	waits := body != nil && awaitsContinue(in)
	if body != nil {
		if waits {
			body.inform = &x.informer
		}
		body.trailers = x.requestTrailers()
		x.out.Body = body
	}
	x.offerHeader(waits)
	resp, err := x.config.Router.Send(ctx, &x.out, &x.local)
	if p := x.informer.stop(); p != nil {
		if err == nil {
			resp.Body.Close()
		}
		panic(p)
	}
	if err != nil {
		if loop := (*loopError)(nil); errors.As(err, &loop) {
			x.stats.loops.Add(1)
		}
		switch {
		case body == nil:
		case body.late.Load():
			err = errSlowBody // net/http has ended the request's context, too
		case body.broken.Load() && in.Context().Err() == nil:
			err = errMalformedBody
		}
		return x.giveUp(body, err), false
	}
	x.class.read(resp.Header)
	x.answered = resp.StatusCode
	if resp.StatusCode == http.StatusSwitchingProtocols && (body == nil || body.ended.Load()) {
		return x.switchProtocols(resp, body), false
	}
	if resp.StatusCode < 200 || resp.StatusCode > 999 {
		resp.Body.Close()
		err := fmt.Errorf("the endpoint responded with status %d, which cannot be a final status here", resp.StatusCode)
		return x.giveUp(body, err), false
	}
	return x.respond(resp, body)
}

// offerHeader has the answer's header read straight into the writer's, where
// nobody else has to do with that: nothing stands in it yet, no 100 is written
// meanwhile, and the connection will not change hands.
func (x *exchange) offerHeader(waits bool) {
	if h := x.w.Header(); len(h) == 0 && !waits && x.edit.upgrade == "" {
		x.local.AnswerHeader = h
	}
}

// giveUp says why there is no answer.
func (x *exchange) giveUp(body *requestBody, err error) (status int) {
	if x.local.AnswerHeader != nil {
		clear(x.w.Header()) // of an answer that is none
	}
	body.giveUp(x.w, x.in)
	return x.refuse(x.w, x.in, err)
}

// errMalformedBody refuses a request whose body breaks the framing of HTTP/1.1.
var errMalformedBody = &protocolError{http.StatusBadRequest}

// errSlowBody refuses a request whose body stopped arriving; see
// serve.Config.BodyTimeout.
var errSlowBody = &protocolError{http.StatusRequestTimeout}
