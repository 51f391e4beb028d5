package proxy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/inbound"
)

// exchange is one request on its way through the handler. It contains what the router
// gets, so that all of it is one allocation.
type exchange struct {
	*handler
	w    http.ResponseWriter
	in   *http.Request
	body *requestBody // of in; nil: there is none

	local          inbound.Request
	ctx            inbound.Context // of out; it has local
	out            http.Request
	url            url.URL // of out
	edit           headerEdit
	mark           mark          // in Via of the request
	lines          h1wire.Lines  // of the response
	heads          *h1wire.Heads // of a server that has them; else nil
	alone          bool          // the server has called this handler itself
	interim        interimResponder
	class          class // of the response
	responseStatus int
	brokeOff       bool      // the response, after its status was sent
	sent           int64     // bytes of its body
	via            [1]string // of the response
	timed          bool      // the latency is recorded
	cause          cause     // why it failed, if it did
	whole          bool      // serve returns as it should
}

// proxy sends the request on and the response back. It returns the status that the
// client got, or why the response broke off after it.
func (x *exchange) proxy(ctx context.Context) (status int) {
	w, in := x.w, x.in
	body := borrow(w, in)
	x.body = body
	// The body may still be sent when the response has ended.
	defer body.finish(w)
	if in.Method == http.MethodConnect {
		body.discard(w, in)
		httpx.CloseAfter(w, in) // what follows was meant for the tunnel
		return x.refuse(errConnect)
	}
	x.outbound(ctx)
	x.interim.w, x.interim.clear = w, x.config.ClearContext
	if in.ProtoAtLeast(1, 1) { // older clients know no 1xx responses (RFC 9110 section 15.2)
		x.local.Interim = &x.interim
	}
	waits := body != nil && awaitsContinue(in)
	if body != nil {
		if waits {
			body.interim = &x.interim
		}
		body.trailers = x.requestTrailers()
		x.out.Body = body
	}
	x.offerHeader(waits)
	resp, err := x.config.Router.RoundTrip(&x.out)
	if p := x.interim.stop(); p != nil {
		if err == nil {
			resp.Body.Close()
		}
		panic(p)
	}
	if err != nil {
		if loop := (*loopError)(nil); errors.As(err, &loop) {
			x.stats.loops.Add(1)
		}
		if body != nil && in.Context().Err() != nil {
			body.settle()
		}
		switch {
		case body == nil:
		case body.timedOut.Load():
			err = errSlowBody // net/http has canceled the request's context, too
		case body.broken.Load() && in.Context().Err() == nil:
			err = errMalformedBody
		}
		return x.respondError(err)
	}
	x.class.read(resp.Header)
	x.responseStatus = resp.StatusCode
	x.recordResponse(resp)
	if resp.StatusCode == http.StatusSwitchingProtocols && (body == nil || body.complete.Load()) {
		x.began(resp.StatusCode)
		return x.switchProtocols(resp)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 999 {
		resp.Body.Close()
		err := fmt.Errorf("the endpoint responded with status %d, which cannot be a final status here", resp.StatusCode)
		return x.respondError(err)
	}
	x.began(resp.StatusCode)
	return x.respond(resp)
}

// offerHeader lets the transport read the response's header straight into the writer's,
// if nothing else needs that: it is still empty, no 100 will be written meanwhile, and
// the connection will not be upgraded.
func (x *exchange) offerHeader(waits bool) {
	if h := x.w.Header(); len(h) == 0 && !waits && x.edit.upgrade == "" {
		x.local.ResponseHeader = h
	}
}

// respondError responds with the reason why there is no response from an endpoint.
func (x *exchange) respondError(err error) (status int) {
	if x.local.ResponseHeader != nil {
		clear(x.w.Header()) // of a response that is not passed on
	}
	x.body.discard(x.w, x.in)
	return x.refuse(err)
}

// errMalformedBody refuses a request whose body breaks the framing of HTTP/1.1.
var errMalformedBody = &protocolError{http.StatusBadRequest}

// errSlowBody refuses a request whose body did not arrive in time; see
// serve.Config.BodyTimeout.
var errSlowBody = &protocolError{http.StatusRequestTimeout}
