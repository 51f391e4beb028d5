package h1

import (
	"bytes"
	"net/http"

	"github.com/meshhop/meshhop/internal/h1wire"
)

// head is the head of a request, as offsets from its start. It was checked and is still in
// the buffer; its fields are in buffers.fields.
type head struct {
	size      int // in bytes, with the empty line
	methodEnd int
	target    int
	targetEnd int
	minor     int // of HTTP/1.x
}

const (
	version    = "HTTP/1.1"
	majorPlace = len("HTTP/")
	minorPlace = len("HTTP/1.")
)

// parseRequestLine parses "GET /path HTTP/1.1" (RFC 9112 section 3), with single spaces.
func (h *head) parseRequestLine(line []byte) error {
	method := bytes.IndexByte(line, ' ')
	if method <= 0 || !h1wire.AllOf(line[:method], h1wire.Token) {
		return badRequest("request line %q", h1wire.Excerpt(line))
	}
	last := bytes.LastIndexByte(line, ' ')
	if last <= method+1 || !h1wire.AllOf(line[method+1:last], h1wire.Target) {
		return badRequest("request line %q", h1wire.Excerpt(line))
	}
	v := line[last+1:]
	if len(v) != len(version) || string(v[:majorPlace]) != version[:majorPlace] ||
		!isDigit(v[majorPlace]) || v[minorPlace-1] != '.' || !isDigit(v[minorPlace]) {
		return badRequest("request line %q", h1wire.Excerpt(line))
	}
	h.methodEnd, h.target, h.targetEnd, h.minor = method, method+1, last, 1
	if v[majorPlace] != '1' {
		return refuse(http.StatusHTTPVersionNotSupported, "version %q", v)
	}
	// A higher minor version is served as the highest known one (RFC 9110 section 2.5).
	h.minor = min(int(v[minorPlace]-'0'), 1)
	return nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
