package ctxhdr

import "net/http"

// Trace returns the id in the first l5d-ctx-trace header. A header that is
// malformed counts as absent, as it does in Linkerd.
func Trace(h http.Header) (TraceID, bool) {
	s, ok := first(h, TraceName)
	if !ok {
		return TraceID{}, false
	}
	t, problem := decodeTraceID(s)
	return t, problem == ""
}

// SetTrace makes t the only l5d-ctx-trace header of h. It does not write
// l5d-reqid; see TraceID.ReqID.
func SetTrace(h http.Header, t TraceID) { set(h, TraceName, t.String()) }
