package ctxhdr

import "strings"

// Prefixes of the header names that Linkerd 1.x gives a meaning to, in the
// canonical form of net/http.
const (
	Prefix        = "L5d-"     // everything of the mesh; Clear removes these
	ContextPrefix = "L5d-Ctx-" // what a service in the middle must forward; see Forward
)

// Header names in the canonical form that net/http uses as keys of
// [http.Header]. On the wire they are lower case; see LowerNames.
const (
	TraceName    = "L5d-Ctx-Trace"    // request: the caller's span; see TraceID
	DeadlineName = "L5d-Ctx-Deadline" // request: see Deadline
	CtxDtabName  = "L5d-Ctx-Dtab"     // request: delegations that travel with the request
	DtabName     = "L5d-Dtab"         // request: delegations given by the user at the edge
	SampleName   = "L5d-Sample"       // request: see Sample
	ReqIDName    = "L5d-Reqid"        // request: see TraceID.ReqID

	DstServiceName  = "L5d-Dst-Service"  // request to a backend: the name that was routed
	DstClientName   = "L5d-Dst-Client"   // request to a backend: the replica set it went to
	DstResidualName = "L5d-Dst-Residual" // request to a backend: what binding left of the name

	ErrName          = "L5d-Err"           // response: why the mesh failed the request; see EncodeErr
	RetryableName    = "L5d-Retryable"     // response: "true" if the request may be sent again
	SuccessClassName = "L5d-Success-Class" // response: "1.0" or "0.0"

	AddContextName = "L5d-Add-Context" // request with method TRACE: asks for a routing report
	NameName       = "L5d-Name"        // request: the name to route, for the header identifier

	B3Name             = "B3" // the single-header form
	B3TraceIDName      = "X-B3-Traceid"
	B3SpanIDName       = "X-B3-Spanid"
	B3ParentSpanIDName = "X-B3-Parentspanid"
	B3SampledName      = "X-B3-Sampled"
	B3FlagsName        = "X-B3-Flags"

	TraceparentName = "Traceparent"
	TracestateName  = "Tracestate"
	BaggageName     = "Baggage"

	ViaName                  = "Via"
	ForwardedName            = "Forwarded"
	XForwardedClientCertName = "X-Forwarded-Client-Cert"

	RetryableRequestName = "Finagle-Http-Retryable-Request" // request: its body can be sent again, so a hop may nack it
)

const b3Prefix = "X-B3-"

// wireName returns the lower-case form of a header name. The names above cost
// no allocation.
func wireName(name string) string {
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
	case AddContextName:
		return "l5d-add-context"
	case NameName:
		return "l5d-name"
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
	}
	return strings.ToLower(name)
}

// hasPrefixFold is strings.HasPrefix for ASCII letters of either case.
func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// IsRenewed reports whether a hop never sends the header of this key on as it
// came, because it writes its own or because the header was meant for it alone:
// l5d-ctx-trace, l5d-reqid, l5d-sample, l5d-ctx-dtab, l5d-dtab and l5d-dst-*,
// each in canonical form or in lower case.
func IsRenewed(key string) bool {
	if key == "" || key[0]|0x20 != 'l' {
		return false
	}
	for _, name := range [...]string{TraceName, ReqIDName, SampleName, CtxDtabName, DtabName, DstServiceName, DstClientName, DstResidualName} {
		if len(name) == len(key) && (name == key || wireName(name) == key) {
			return true
		}
	}
	return false
}

// Is reports whether a key of a header map is that of the header called name.
func Is(key, name string) bool { return key == name || key == wireName(name) }
