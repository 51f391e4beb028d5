package ctxhdr

import (
	"net/http"

	"github.com/meshhop/meshhop/internal/wire"
)

// Clear removes every l5d-* header, in whatever case, and with "_" or "." for
// "-": an application behind CGI sees l5d_ctx_trace and l5d-ctx-trace under one
// name (RFC 3875 section 4.1.18). A server with clearContext does that to the
// requests and responses of strangers. Trace contexts of other formats stay.
func Clear(h http.Header) {
	for k := range h {
		if wire.IsMesh(k) {
			delete(h, k)
		}
	}
}
