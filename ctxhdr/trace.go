package ctxhdr

import (
	"net/http"

	"github.com/meshhop/meshhop/internal/wire"
)

// Trace returns the id in the first l5d-ctx-trace header. A header that is
// malformed counts as absent, as it does in Linkerd.
func Trace(h http.Header) (TraceID, bool) {
	s, ok := wire.First(h, TraceName)
	if !ok {
		return TraceID{}, false
	}
	t, problem := decodeTraceID(s)
	return t, problem == ""
}
