package proxy

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/meshhop/meshhop/internal/handshake"
	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/router"
)

var errConnect = errors.New("CONNECT is not supported by this proxy")

// errDryRun refuses a request that asks for a dry run of a server that does none: it must
// not be carried out either. See package dryrun.
var errDryRun = errors.New("l5d-explain: this server does no dry runs (dryRun)")

// errLongContext refuses a dtab that the next hop would not accept. In the form in which
// it is sent on, a byte that labels cannot have as it is takes four.
var errLongContext = errors.New("the request's dtab, in the form in which it would be sent on, exceeds the limit for request headers")

// statusClientClosed is counted if the client left before it got a response. Nobody
// receives it.
const statusClientClosed = 499

// refuse responds with the reason why the request is not sent on, or has no response
// from an endpoint, in Linkerd's form: the message in l5d-err and in the body. It
// returns the status. This file alone turns errors into statuses
// (ErrorResponder.scala); refuse_call.go does so for gRPC calls.
func (x *exchange) refuse(cause error) int {
	h, w, in := x.handler, x.w, x.in
	call := wire.IsGRPC(in.Header)
	if protocol := (*protocolError)(nil); errors.As(cause, &protocol) && !(call && in.ProtoMajor >= 2) {
		x.recordFailure(causeProtocol, protocol.Error())
		x.keeps(protocol.status, w.Header())
		return refuseProtocol(w, in, protocol.status)
	}
	status, whole := h.verdict(in, cause)
	text, message := h.fit(whole)
	if message != whole {
		h.stats.cut.Add(1)
	}
	x.recordFailure(causeOf(cause), message)
	if call {
		return x.refuseCall(callStatus(cause, status), whole)
	}
	header := w.Header()
	header["Content-Type"] = []string{"text/plain"}
	x.keeps(status, header)
	if h.config.ClearContext {
		message = ""
	} else {
		if isUnsent(cause) {
			header[wire.RetryableName] = []string{"true"}
		}
		header[wire.ErrName] = []string{text}
		wire.LowerNames(header)
	}
	header["Content-Length"] = []string{strconv.Itoa(len(message))}
	h.closeIfDraining(w, in)
	if status == statusClientClosed {
		w.WriteHeader(http.StatusServiceUnavailable)
	} else {
		w.WriteHeader(status)
	}
	x.write(message)
	return status
}

const (
	// errHeaderShare is the part of [Config].MaxErrorBytes that l5d-err may have: a
	// quarter. It has most of a message escaped.
	errHeaderShare = 4
	// otherHeaderBytes is reserved for the other lines of the head.
	otherHeaderBytes = 512
)

// fit cuts a message for l5d-err and for the body, so that the response has at most
// MaxErrorBytes, together with its other header lines.
func (h *handler) fit(message string) (header, body string) {
	limit := h.config.MaxErrorBytes
	header = wire.EncodeErr(message, h.errHeaderLimit())
	return header, truncate(message, limit-len(header)-min(otherHeaderBytes, limit/16))
}

// errHeaderLimit is how long l5d-err may be.
func (h *handler) errHeaderLimit() int {
	return min(h.config.MaxHeaderBytes, h.config.MaxErrorBytes/errHeaderShare)
}

// isUnsent reports whether no byte of the request was written to a connection, so
// that the client may send it again. Failures to connect are not reported as
// retryable, as in Linkerd.
func isUnsent(cause error) bool {
	failed := (*router.Error)(nil)
	return errors.As(cause, &failed) && failed.Kind == router.RequestFailed && failed.Unsent
}

// verdict returns the status and the message for an error.
func (h *handler) verdict(in *http.Request, cause error) (status int, message string) {
	if depth := (*depthError)(nil); errors.As(cause, &depth) {
		return http.StatusBadRequest, depth.Error()
	}
	if early := (*earlyError)(nil); errors.As(cause, &early) {
		return early.status, early.Error()
	}
	if protocol := (*protocolError)(nil); errors.As(cause, &protocol) {
		return protocol.status, protocol.Error()
	}
	if target := (*targetError)(nil); errors.As(cause, &target) {
		return http.StatusBadRequest, target.Error()
	}
	if loop := (*loopError)(nil); errors.As(cause, &loop) {
		return http.StatusLoopDetected, loop.Error()
	}
	if errors.Is(cause, errLongContext) {
		return http.StatusRequestHeaderFieldsTooLarge, errLongContext.Error()
	}
	for _, unsupported := range []error{errConnect, errDryRun} {
		if errors.Is(cause, unsupported) {
			return http.StatusNotImplemented, unsupported.Error()
		}
	}
	failed := (*router.Error)(nil)
	if !errors.As(cause, &failed) {
		return http.StatusBadGateway, cause.Error()
	}
	switch failed.Kind {
	case router.InvalidDtab:
		return http.StatusBadRequest, failed.Err.Error()
	case router.Unidentified:
		return http.StatusBadRequest, unknownDestination(in, failed.Err)
	case router.Forbidden:
		return http.StatusForbidden, "The request is refused: " + failed.Err.Error()
	case router.NoReplicas:
		return http.StatusBadGateway, unroutable(failed, h.config.MaxErrorBytes)
	case router.ConnectFailed:
		return http.StatusBadGateway, unreachable(failed)
	case router.RequestFailed:
		if handshake.Of(failed.Err) != nil { // our certificate was refused
			return http.StatusBadGateway, unreachable(failed)
		}
		return http.StatusBadGateway, failed.Err.Error() + " at remote address: " + failed.Addr
	case router.AttemptTimeout, router.TotalTimeout:
		return http.StatusServiceUnavailable, failed.Err.Error()
	case router.ServerTimeout:
		return http.StatusServiceUnavailable, h.serverTimeout(failed.Err)
	case router.DeadlineExceeded:
		return http.StatusGatewayTimeout, failed.Err.Error()
	case router.Canceled:
		if errors.Is(failed.Err, http.ErrServerClosed) { // the client is still there
			return http.StatusServiceUnavailable, failed.Err.Error()
		}
		return statusClientClosed, failed.Err.Error()
	case router.Closed:
		return http.StatusServiceUnavailable, failed.Error()
	}
	return http.StatusBadGateway, failed.Err.Error()
}

// refuseProtocol responds as an HTTP codec does: with no body and no l5d-err, and the
// connection closes.
func refuseProtocol(w http.ResponseWriter, in *http.Request, status int) int {
	httpx.CloseAfter(w, in)
	w.Header()["Content-Length"] = []string{"0"}
	w.WriteHeader(status)
	return status
}

// nack refuses a request that exceeds MaxConcurrentRequests, so that a Finagle client
// knows that it may be sent elsewhere (HttpNackFilter.scala).
func (x *exchange) nack() int {
	const body = "Request was not processed by the server due to an error and is safe to retry"
	if wire.IsGRPC(x.in.Header) {
		x.recordFailure(causeConcurrency, body)
		return x.refuseCall(callExhausted, body)
	}
	header := x.w.Header()
	header[wire.Lower(wire.NackName)] = []string{"true"}
	header["Retry-After"] = []string{"0"}
	header["Content-Type"] = nil
	x.keeps(http.StatusServiceUnavailable, header)
	x.closeIfDraining(x.w, x.in)
	x.w.WriteHeader(http.StatusServiceUnavailable)
	x.recordFailure(causeConcurrency, body)
	x.write(body)
	return http.StatusServiceUnavailable
}

// write writes the body of a response that is made here. An error means that the client
// has left.
func (x *exchange) write(body string) {
	if x.in.Method != http.MethodHead {
		n, _ := x.w.Write([]byte(body))
		x.recordOut(int64(n))
	}
}
