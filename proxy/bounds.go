package proxy

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/meshhop/meshhop/internal/wire"
)

// protocolError refuses a request at the level of the protocol: because of its size,
// or because it is not HTTP.
type protocolError struct{ status int }

func (e *protocolError) Error() string { return http.StatusText(e.status) }

// checkSize refuses a request whose request line or header lines are too long.
func (h *handler) checkSize(r *http.Request) error {
	if len(r.Method)+len(r.RequestURI)+len(r.Proto)+2 > h.config.MaxLineBytes {
		return &protocolError{http.StatusRequestURITooLong}
	}
	size := len("Host: \r\n") + len(r.Host)
	for name, values := range r.Header {
		for _, value := range values {
			size += len(name) + len(": \r\n") + len(value)
		}
	}
	if size > h.config.MaxHeaderBytes {
		return &protocolError{http.StatusRequestHeaderFieldsTooLarge}
	}
	return nil
}

// depthError refuses a request that has passed too many proxies.
type depthError struct{ max int }

func (e *depthError) Error() string {
	return "Maximum number of calls (" + strconv.Itoa(e.max) + ") has been exceeded. Please check for proxy loops."
}

// checkDepth counts the proxies in all lines of Via. (MaxCallDepthFilter.scala counts
// those of the first line.)
func (h *handler) checkDepth(header http.Header) error {
	depth := 0
	for _, via := range header[wire.ViaName] {
		depth += strings.Count(via, ",") + 1
	}
	if depth > h.config.MaxCallDepth {
		return &depthError{h.config.MaxCallDepth}
	}
	return nil
}

// admit reports whether one more request may be in flight; release must be called at
// the end of an admitted one. Refused requests are not counted, or requests that
// arrive together would keep each other out.
func (h *handler) admit() bool {
	limit := int64(h.config.MaxConcurrentRequests)
	if limit == 0 {
		return true
	}
	for {
		n := h.admitted.Load()
		if n >= limit {
			return false
		}
		if h.admitted.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (h *handler) release() {
	if h.config.MaxConcurrentRequests > 0 {
		h.admitted.Add(-1)
	}
}
