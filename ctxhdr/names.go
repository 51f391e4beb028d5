package ctxhdr

import (
	"github.com/meshhop/meshhop/internal/wire"
)

// Header names in the canonical form that net/http uses as keys of
// [http.Header].
const (
	TraceName  = wire.TraceName  // l5d-ctx-trace, of requests: the caller's span; see TraceID
	DtabName   = wire.DtabName   // l5d-dtab, of requests: delegations given by the user at the edge
	SampleName = wire.SampleName // l5d-sample, of requests: the share of such requests to be traced, from 0 to 1

	ErrName       = wire.ErrName       // l5d-err, of responses: why the mesh failed the request; see DecodeErr
	RetryableName = wire.RetryableName // l5d-retryable, of responses: "true" if the request may be sent again
)
