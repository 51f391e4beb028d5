package proxy

import (
	"net/http"
	"strconv"
	"strings"
)

// sizeError refuses a request for its size, at the level of the protocol.
type sizeError struct{ status int }

func (e *sizeError) Error() string { return http.StatusText(e.status) }

// checkSize holds the request line and the header lines to their bounds.
func (h *Handler) checkSize(r *http.Request) error {
	if len(r.Method)+len(r.RequestURI)+len(r.Proto)+2 > h.config.MaxLineBytes {
		return &sizeError{http.StatusRequestURITooLong}
	}
	size := len("Host: \r\n") + len(r.Host)
	for name, values := range r.Header {
		for _, value := range values {
			size += len(name) + len(": \r\n") + len(value)
		}
	}
	if size > h.config.MaxHeaderBytes {
		return &sizeError{http.StatusRequestHeaderFieldsTooLarge}
	}
	return nil
}

// depthError refuses a request that went through too many proxies.
type depthError struct{ max int }

func (e *depthError) Error() string {
	return "Maximum number of calls (" + strconv.Itoa(e.max) + ") has been exceeded. Please check for proxy loops."
}

// checkDepth counts the proxies of all Via lines (MaxCallDepthFilter.scala
// counts those of the first).
func (h *Handler) checkDepth(header http.Header) error {
	depth := 0
	for _, via := range header["Via"] {
		depth += strings.Count(via, ",") + 1
	}
	if depth > h.config.MaxCallDepth {
		return &depthError{h.config.MaxCallDepth}
	}
	return nil
}

// overloaded says whether the request just begun is one too many.
func (h *Handler) overloaded() bool {
	limit := h.config.MaxConcurrentRequests
	return limit > 0 && h.stats.pending.Load() > int64(limit)
}
