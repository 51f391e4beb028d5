package h1wire

import (
	"net/http"

	"github.com/meshhop/meshhop/internal/httpx"
)

// Framing is what the fields of a message say about its end and about the connection.
type Framing struct {
	Length    int64 // -1: not given
	Chunked   bool
	Close     bool // "Connection: close"
	KeepAlive bool // "Connection: keep-alive"
	Upgrade   bool // "Connection: upgrade"
	Protocol  bool // there is an Upgrade field
	Trailer   http.Header
}

// Read reads the fields that frame a message of HTTP/1.x with the given minor version. It
// refuses those that two recipients could read differently (RFC 9112 section 6).
func (f *Framing) Read(fields Fields, text string, minor int) error {
	*f = Framing{Length: -1}
	hasTrailer := false
	for _, at := range fields {
		value := text[at.Value:at.ValueEnd]
		switch text[at.Name:at.NameEnd] {
		case "Content-Length":
			if f.Length >= 0 {
				return Malformed("more than one Content-Length")
			}
			n, ok := ParseLength(value)
			if !ok {
				return Malformed("Content-Length %q", value)
			}
			f.Length = n
		case "Transfer-Encoding":
			if f.Chunked || !httpx.EqualFold(value, "chunked") {
				return &codingError{value}
			}
			if minor == 0 {
				return Malformed("Transfer-Encoding in an HTTP/1.0 message")
			}
			f.Chunked = true
		case "Connection":
			values := [1]string{value}
			f.Close = f.Close || httpx.HasToken(values[:], "close")
			f.KeepAlive = f.KeepAlive || httpx.HasToken(values[:], "keep-alive")
			f.Upgrade = f.Upgrade || httpx.HasToken(values[:], "upgrade")
		case "Upgrade":
			f.Protocol = true
		case "Trailer":
			hasTrailer = true
		}
	}
	if f.Chunked && hasTrailer {
		return f.addTrailerNames(fields, text)
	}
	return nil
}

// addTrailerNames collects the names in the Trailer fields.
func (f *Framing) addTrailerNames(fields Fields, text string) error {
	for _, at := range fields {
		if text[at.Name:at.NameEnd] != "Trailer" {
			continue
		}
		for list := text[at.Value:at.ValueEnd]; list != ""; {
			end := 0
			for end < len(list) && list[end] != ',' {
				end++
			}
			name := httpx.TrimBlank(list[:end])
			list = list[min(end+1, len(list)):]
			if name == "" {
				continue
			}
			if !AllOf(name, Token) || FramesMessage(name) {
				return Malformed("trailer name %q", name)
			}
			if f.Trailer == nil {
				f.Trailer = http.Header{}
			}
			f.Trailer[http.CanonicalHeaderKey(name)] = nil
		}
	}
	return nil
}

// ParseLength parses 1*DIGIT, of which there are at most 18.
func ParseLength(s string) (n int64, ok bool) {
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
