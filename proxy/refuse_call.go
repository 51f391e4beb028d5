package proxy

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/router"
)

// Status codes of gRPC (google.golang.org/grpc/codes).
const (
	callCanceled         = 1
	callInvalidArgument  = 3
	callDeadlineExceeded = 4
	callPermissionDenied = 7
	callExhausted        = 8
	callUnimplemented    = 12
	callInternal         = 13
	callUnavailable      = 14
)

// callStatus returns the status of gRPC for an error that has this status of HTTP.
func callStatus(cause error, status int) int {
	if failed, ok := errors.AsType[*router.Error](cause); ok {
		return callStatusOf(failed)
	}
	switch status {
	case http.StatusRequestTimeout:
		return callDeadlineExceeded
	case http.StatusRequestHeaderFieldsTooLarge, http.StatusRequestURITooLong, http.StatusRequestEntityTooLarge:
		return callExhausted
	case http.StatusNotImplemented:
		return callUnimplemented
	case http.StatusBadGateway:
		return callUnavailable
	}
	return callInternal
}

func callStatusOf(failed *router.Error) int {
	switch failed.Kind {
	case router.InvalidDtab:
		return callInvalidArgument
	case router.Unidentified:
		return callUnimplemented
	case router.Forbidden:
		return callPermissionDenied
	case router.AttemptTimeout, router.TotalTimeout, router.ServerTimeout, router.DeadlineExceeded:
		return callDeadlineExceeded
	case router.Canceled:
		if errors.Is(failed.Err, http.ErrServerClosed) {
			return callUnavailable
		}
		return callCanceled
	case router.RequestFailed:
		return callStatusOfReset(failed.Err)
	}
	if errors.As(failed, new(*loopError)) {
		return callInternal
	}
	return callUnavailable
}

// callStatusOfReset is the status of a call whose endpoint did not respond (gRPC over
// HTTP2, "Errors").
func callStatusOfReset(cause error) int {
	code, reset := httpx.ResetCode(cause)
	if !reset {
		return callUnavailable
	}
	switch code {
	case httpx.ResetRefusedStream:
		return callUnavailable
	case httpx.ResetCancel:
		return callCanceled
	case httpx.ResetEnhanceYourCalm:
		return callExhausted
	case httpx.ResetInadequateSecurity:
		return callPermissionDenied
	}
	return callInternal
}

// refuseCall responds to a gRPC call as its caller understands it, whatever the protocol is:
// with status 200 and, because there is no message, with the status of the call in the
// head. The message is in l5d-err as well.
func (x *exchange) refuseCall(code int, message string) (status int) {
	h, header := x.handler, x.w.Header()
	header["Content-Type"] = []string{only(x.in.Header["Content-Type"])}
	text := strconv.Itoa(code)
	header[wire.GRPCStatusName] = []string{text}
	if !h.config.ClearContext {
		escaped, _ := h.fit(message)
		header[wire.GRPCMessageName] = []string{wire.EncodeGRPCMessage(message, h.errHeaderLimit())}
		header[wire.ErrName] = []string{escaped}
		wire.LowerNames(header)
	}
	if x.in.ProtoMajor >= 2 {
		header["Content-Length"] = nil // or net/http would add 0, and there is no body at all
	} else {
		header["Content-Length"] = []string{"0"}
	}
	x.class, x.responseStatus = failed, http.StatusOK
	x.recordCall(text)
	x.keeps(http.StatusOK, header)
	h.closeIfDraining(x.w, x.in)
	x.w.WriteHeader(http.StatusOK)
	return http.StatusOK
}
