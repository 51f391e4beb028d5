package h1

import (
	"net/http"

	"github.com/meshhop/meshhop/internal/httpx"
)

// framing is what the fields of a response say about its end and about the connection.
type framing struct {
	length    int64 // -1: not given
	chunked   bool
	close     bool // "Connection: close"
	keepAlive bool // "Connection: keep-alive"
	upgrade   bool // "Connection: upgrade"
	protocol  bool // there is an Upgrade field
	trailer   http.Header
}

// frame reads the fields that frame the message. It refuses those that two recipients could
// read differently (RFC 9112 section 6).
func (c *conn) frame(text string, minor int) (framing, error) {
	f := framing{length: -1}
	hasTrailer := false
	for _, at := range c.fields {
		value := text[at.value:at.valueEnd]
		switch text[at.name:at.nameEnd] {
		case "Content-Length":
			if f.length >= 0 {
				return f, malformed("more than one Content-Length")
			}
			n, ok := parseLength(value)
			if !ok {
				return f, malformed("Content-Length %q", value)
			}
			f.length = n
		case "Transfer-Encoding":
			if f.chunked || !httpx.EqualFold(value, "chunked") {
				return f, malformed("Transfer-Encoding %q: only a single chunked is supported", value)
			}
			if minor == 0 {
				return f, malformed("Transfer-Encoding in an HTTP/1.0 response")
			}
			f.chunked = true
		case "Connection":
			values := [1]string{value}
			f.close = f.close || httpx.HasToken(values[:], "close")
			f.keepAlive = f.keepAlive || httpx.HasToken(values[:], "keep-alive")
			f.upgrade = f.upgrade || httpx.HasToken(values[:], "upgrade")
		case "Upgrade":
			f.protocol = true
		case "Trailer":
			hasTrailer = true
		}
	}
	if f.chunked && hasTrailer {
		return f, c.addTrailerNames(&f, text)
	}
	return f, nil
}

// addTrailerNames collects the names in the Trailer fields.
func (c *conn) addTrailerNames(f *framing, text string) error {
	for _, at := range c.fields {
		if text[at.name:at.nameEnd] != "Trailer" {
			continue
		}
		for list := text[at.value:at.valueEnd]; list != ""; {
			end := 0
			for end < len(list) && list[end] != ',' {
				end++
			}
			name := httpx.TrimBlank(list[:end])
			list = list[min(end+1, len(list)):]
			if name == "" {
				continue
			}
			if !allOf(name, isToken) || framesMessage(name) {
				return malformed("trailer name %q", name)
			}
			if f.trailer == nil {
				f.trailer = http.Header{}
			}
			f.trailer[http.CanonicalHeaderKey(name)] = nil
		}
	}
	return nil
}

// parseLength parses 1*DIGIT.
func parseLength(s string) (n int64, ok bool) {
	if s == "" || len(s) > 18 {
		return 0, false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = 10*n + int64(s[i]-'0')
	}
	return n, true
}

// addFields adds the fields to a header. If f is not nil, it leaves out the framing fields
// that mean nothing to the next recipient.
func (c *conn) addFields(to http.Header, text string, f *framing) {
	values := make([]string, len(c.fields))
	for i, at := range c.fields {
		name := text[at.name:at.nameEnd]
		if f != nil && f.chunked && f.omits(name) {
			continue
		}
		values[i] = text[at.value:at.valueEnd]
		if earlier, again := to[name]; again {
			to[name] = append(earlier, values[i])
		} else {
			to[name] = values[i : i+1 : i+1]
		}
	}
}

// omits reports whether a field of a chunked response becomes a field of http.Response
// instead of its header.
func (f *framing) omits(name string) bool {
	switch name {
	case "Transfer-Encoding", "Trailer":
		return true
	case "Content-Length": // overridden by Transfer-Encoding
		return true
	}
	return false
}
