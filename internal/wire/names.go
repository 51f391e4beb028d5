// Package wire holds the names of the headers that hops and services exchange,
// each written here once, and reads and writes their values in an [http.Header]:
//
//	d, ok := wire.First(h, wire.DtabName) // finds L5d-Dtab and l5d-dtab
//	wire.Set(h, wire.ErrName, wire.EncodeErr("no such name", 0))
//	wire.LowerNames(h) // as Linkerd sends them
//
// A value that is malformed counts as absent: it never panics and never fails a
// request. Package ctxhdr is the part of it that services use.
package wire

import "strings"

// Prefixes of header names, in the canonical form of net/http.
const (
	MeshPrefix    = "L5d-"     // every header of the mesh; ctxhdr.Clear removes these
	ContextPrefix = "L5d-Ctx-" // what a service in the middle must forward; see ctxhdr.Forward
	B3Prefix      = "X-B3-"    // B3 in several headers
)

// Header names in the canonical form that net/http uses as keys of
// [http.Header]. On the wire they are lower case; see LowerNames.
const (
	TraceName    = "L5d-Ctx-Trace"    // request: the caller's span; see ctxhdr.TraceID
	DeadlineName = "L5d-Ctx-Deadline" // request: see ctxhdr.Deadline
	CtxDtabName  = "L5d-Ctx-Dtab"     // request: delegations that travel with the request
	DtabName     = "L5d-Dtab"         // request: delegations given by the user at the edge
	SampleName   = "L5d-Sample"       // request: see Sample
	ReqIDName    = "L5d-Reqid"        // request: see ctxhdr.TraceID.ReqID

	DstServiceName  = "L5d-Dst-Service"  // request to a backend: the name that was routed
	DstClientName   = "L5d-Dst-Client"   // request to a backend: the replica set it went to
	DstResidualName = "L5d-Dst-Residual" // request to a backend: what binding left of the name

	ErrName          = "L5d-Err"           // response: why the mesh failed the request; see EncodeErr
	RetryableName    = "L5d-Retryable"     // response: "true" if the request may be sent again
	SuccessClassName = "L5d-Success-Class" // response: "1.0" or "0.0"

	KeepName  = "L5d-Keep"  // response: the id of the trace of the request, all of whose spans are to be kept; see trace.KeepConfig
	RouteName = "L5d-Route" // response: who routed the request where and why, a line for each hop that tells, the last hop first

	NameName = "L5d-Name" // request: the name to route, for the header identifier

	AddContextName = "L5d-Add-Context" // request with the method TRACE: "true" if each hop is to append to the response where it sent the request

	B3Name             = "B3" // the single-header form
	B3TraceIDName      = "X-B3-Traceid"
	B3SpanIDName       = "X-B3-Spanid"
	B3ParentSpanIDName = "X-B3-Parentspanid"
	B3SampledName      = "X-B3-Sampled"
	B3FlagsName        = "X-B3-Flags"

	TraceparentName = "Traceparent"
	TracestateName  = "Tracestate"
	BaggageName     = "Baggage"

	ExplainName = "L5d-Explain" // request: "dry-run" asks what each hop would do with it; response: the same, if that is the answer

	MaxForwardsName          = "Max-Forwards"
	ViaName                  = "Via"
	ForwardedName            = "Forwarded"
	XForwardedClientCertName = "X-Forwarded-Client-Cert"

	NackName             = "Finagle-Http-Nack"              // response: the request was refused unread and may be sent again
	FinalNackName        = "Finagle-Http-Nonretryable-Nack" // response: the request was refused unread and must not be sent again
	RetryableRequestName = "Finagle-Http-Retryable-Request" // request: its body can be sent again, so a hop may nack it
)

// Lower returns the lower-case form of a header name. The names above cost
// no allocation.
func Lower(name string) string {
	switch name {
	case TraceName:
		return "l5d-ctx-trace"
	case DeadlineName:
		return "l5d-ctx-deadline"
	case CtxDtabName:
		return "l5d-ctx-dtab"
	case DtabName:
		return "l5d-dtab"
	case SampleName:
		return "l5d-sample"
	case ReqIDName:
		return "l5d-reqid"
	case DstServiceName:
		return "l5d-dst-service"
	case DstClientName:
		return "l5d-dst-client"
	case DstResidualName:
		return "l5d-dst-residual"
	case ErrName:
		return "l5d-err"
	case RetryableName:
		return "l5d-retryable"
	case SuccessClassName:
		return "l5d-success-class"
	case NameName:
		return "l5d-name"
	case KeepName:
		return "l5d-keep"
	case B3Name:
		return "b3"
	case B3TraceIDName:
		return "x-b3-traceid"
	case B3SpanIDName:
		return "x-b3-spanid"
	case B3ParentSpanIDName:
		return "x-b3-parentspanid"
	case B3SampledName:
		return "x-b3-sampled"
	case B3FlagsName:
		return "x-b3-flags"
	case TraceparentName:
		return "traceparent"
	case TracestateName:
		return "tracestate"
	case NackName:
		return "finagle-http-nack"
	case RetryableRequestName:
		return "finagle-http-retryable-request"
	}
	return strings.ToLower(name)
}

// HasPrefix is strings.HasPrefix for ASCII letters of either case.
func HasPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
