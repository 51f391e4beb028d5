package router

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/wire"
)

// The classifiers of gRPC calls judge by the status that the call ends with: in the head of
// a response without messages, or in the trailers (GrpcClassifier.scala). The codes in
// success count as a success; if there are none, that is 0 alone. A call without a status,
// with an HTTP status of 400 and above, or without a response is a failure, which only
// [GRPCCompliant] ever calls retryable.

// GRPCDefault has calls be made again that end with the status Unavailable
// (io.l5d.h2.grpc.default).
func GRPCDefault(success ...int) StreamClassifier {
	return newGRPC(success, func(code int) bool { return code == grpcUnavailable })
}

// GRPCCompliant is GRPCDefault that also has calls be made again which the endpoint refused
// (RST_STREAM with REFUSED_STREAM), or answered with the HTTP status 429, 502, 503 or 504
// (io.l5d.h2.grpc.compliant).
func GRPCCompliant(success ...int) StreamClassifier {
	c := newGRPC(success, func(code int) bool { return code == grpcUnavailable })
	c.compliant = true
	return c
}

// GRPCAlwaysRetryable has all calls be made again that end with a status that is no
// success (io.l5d.h2.grpc.alwaysRetryable).
func GRPCAlwaysRetryable(success ...int) StreamClassifier {
	return newGRPC(success, func(int) bool { return true })
}

// GRPCNeverRetryable has no call be made again (io.l5d.h2.grpc.neverRetryable). Without
// codes it is how calls are judged where no classifier is set.
func GRPCNeverRetryable(success ...int) StreamClassifier { return newGRPC(success, nil) }

// GRPCRetryableCodes has calls be made again that end with one of the codes
// (io.l5d.h2.grpc.retryableStatusCodes).
func GRPCRetryableCodes(codes []int, success ...int) StreamClassifier {
	codes = slices.Clone(codes)
	return newGRPC(success, func(code int) bool { return slices.Contains(codes, code) })
}

const (
	grpcOK          = 0
	grpcUnknown     = 2
	grpcUnavailable = 14
)

type grpcClassifier struct {
	success   []int
	retryable func(code int) bool // nil: none
	compliant bool
}

func newGRPC(success []int, retryable func(code int) bool) *grpcClassifier {
	if len(success) == 0 {
		success = []int{grpcOK}
	}
	return &grpcClassifier{success: slices.Clone(success), retryable: retryable}
}

func (c *grpcClassifier) Classify(_ *http.Request, resp *http.Response, err error) Class {
	if err != nil {
		return c.failure(isRefused(err))
	}
	if lines, ok := resp.Header[wire.GRPCStatusName]; ok {
		code, ok := grpcCode(lines)
		if !ok {
			code = grpcUnknown
		}
		return c.ended(code)
	}
	switch status := resp.StatusCode; {
	case status == http.StatusTooManyRequests, status >= http.StatusBadGateway && status <= http.StatusGatewayTimeout:
		return c.failure(true)
	case status >= http.StatusBadRequest:
		return Failure
	}
	return Undecided
}

func (c *grpcClassifier) MayRetry(*http.Request, *http.Response) bool { return c.retryable != nil }

func (c *grpcClassifier) ClassifyEnd(_ *http.Request, resp *http.Response, err error) Class {
	if err != nil {
		return c.failure(isRefused(err))
	}
	if code, ok := grpcCode(resp.Trailer[wire.GRPCStatusName]); ok {
		return c.ended(code)
	}
	return Failure
}

// ended is the class of a call that has a status.
func (c *grpcClassifier) ended(code int) Class {
	switch {
	case slices.Contains(c.success, code):
		return Success
	case c.retryable != nil && c.retryable(code):
		return RetryableFailure
	}
	return Failure
}

// failure is the class of a call without a status. Safe means that gRPC takes it for one
// that may be made again.
func (c *grpcClassifier) failure(safe bool) Class {
	if safe && c.compliant {
		return RetryableFailure
	}
	return Failure
}

// grpcCode reads a status, which must be a number.
func grpcCode(lines []string) (code int, ok bool) {
	if len(lines) == 0 {
		return 0, false
	}
	n, err := strconv.ParseUint(lines[0], 10, 31)
	return int(n), err == nil
}

// isRefused reports whether the endpoint reset the stream and said that it had done
// nothing (RFC 9113 section 8.7).
func isRefused(err error) bool {
	code, ok := httpx.ResetCode(err)
	return ok && code == httpx.ResetRefusedStream
}
