// Package httpx has the small pieces of HTTP/1.1 that several packages need: tokens,
// and the end of a connection.
package httpx

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
)

// EqualFold reports whether two texts are equal but for the case of ASCII letters. It
// differs from strings.EqualFold in that no letter of another alphabet folds into one
// of ASCII.
func EqualFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		x, y := a[i], b[i]
		if x == y {
			continue
		}
		if x |= 0x20; x != y|0x20 || x < 'a' || x > 'z' {
			return false
		}
	}
	return true
}

// HasToken reports whether one of the comma-separated members of the values is the
// token, in whatever case.
func HasToken(values []string, token string) bool {
	for _, v := range values {
		for len(v) > 0 {
			end := strings.IndexByte(v, ',')
			if end < 0 {
				end = len(v)
			}
			if EqualFold(TrimBlank(v[:end]), token) {
				return true
			}
			v = v[min(end+1, len(v)):]
		}
	}
	return false
}

// TrimBlank returns s without the blanks and tabs around it (OWS of RFC 9110
// section 5.6.3).
func TrimBlank(s string) string {
	for len(s) > 0 && isBlank(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isBlank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// IsToken reports whether s is a token (RFC 9110 section 5.6.2).
func IsToken(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0:
			return false
		}
	}
	return s != ""
}

// Accepts reports whether the header Accept names a media type, without "*" and without
// looking at how much each is wanted.
func Accepts(h http.Header, mediaType string) bool {
	for _, value := range h["Accept"] {
		for member := range strings.SplitSeq(value, ",") {
			kind, _, _ := strings.Cut(member, ";")
			if EqualFold(TrimBlank(kind), mediaType) {
				return true
			}
		}
	}
	return false
}

// CloseAfter makes an HTTP/1 connection close after the response. Over HTTP/2, where
// only a stream ends, the header would end all the other streams, too.
func CloseAfter(w http.ResponseWriter, in *http.Request) {
	if in.ProtoMajor == 1 {
		w.Header()["Connection"] = []string{"close"}
	}
}

// CloseWrite tells the peer of a connection that no more will come, and leaves the
// other direction open. A connection that cannot be half-closed is closed.
func CloseWrite(to io.Writer) {
	if err := HalfClose(to); err == nil || errors.Is(err, net.ErrClosed) {
		return
	}
	if c, ok := to.(io.Closer); ok {
		_ = c.Close()
	}
}
