package h2wire

import (
	"strings"

	"golang.org/x/net/http2/hpack"

	"github.com/meshhop/meshhop/internal/h1wire"
)

// CheckField checks a field that is no pseudo-header: its name is a token without upper
// case and none that belongs to a connection of HTTP/1 (RFC 9113 section 8.2.2), and its
// value has neither control characters other than tab nor blanks around it (section 8.2.1).
func CheckField(name, value string) error {
	if name == "" {
		return malformed("a field without a name")
	}
	for i := 0; i < len(name); i++ {
		if c := name[i]; !h1wire.Is(c, h1wire.Token) || 'A' <= c && c <= 'Z' {
			return malformed("field name %q", short(name))
		}
	}
	if OfConnection(name) {
		return malformed("the field %s is one of a connection", name)
	}
	if value == "" {
		return nil
	}
	if h1wire.IsBlank(value[0]) || h1wire.IsBlank(value[len(value)-1]) || !validValue(value) {
		return malformed("the value of the field %s", name)
	}
	return nil
}

func validValue(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// OfConnection reports whether a field, whose name is in lower case, belongs to a connection
// of HTTP/1, so that no message of HTTP/2 has it.
func OfConnection(name string) bool {
	switch name {
	case "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade":
		return true
	}
	return false
}

// CheckTrailers checks the fields of a trailer section.
func CheckTrailers(fields []hpack.HeaderField) error {
	for _, f := range fields {
		if strings.HasPrefix(f.Name, ":") {
			return malformed("pseudo-header %q in trailers", short(f.Name))
		}
		if err := CheckField(f.Name, f.Value); err != nil {
			return err
		}
	}
	return nil
}
