package ctxhdr

import (
	"github.com/meshhop/meshhop/internal/headers"
)

// Header names in the canonical form that net/http uses as keys of
// [http.Header].
const (
	TraceName    = headers.TraceName    // l5d-ctx-trace, of requests: the caller's span; see TraceID
	DeadlineName = headers.DeadlineName // l5d-ctx-deadline, of requests: see Deadline
	DtabName     = headers.DtabName     // l5d-dtab, of requests: delegations given by the user at the edge
	SampleName   = headers.SampleName   // l5d-sample, of requests: the share of such requests to be traced, from 0 to 1
	ReqIDName    = headers.ReqIDName    // l5d-reqid, of requests: see TraceID.ReqID

	ErrName          = headers.ErrName          // l5d-err, of responses: why the mesh failed the request; see DecodeErr
	RetryableName    = headers.RetryableName    // l5d-retryable, of responses: "true" if the request may be sent again
	SuccessClassName = headers.SuccessClassName // l5d-success-class, of responses: "1.0" or "0.0"
)
