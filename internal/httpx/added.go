package httpx

import (
	"errors"
	"net/http"
	"strings"
)

// CheckAdded checks a header that somebody wants to be added to the requests of a client:
// its name is a token, its value has no control characters, and it is none of those that say
// what the body is, or which belong to the connection. Errors do not quote the value, which
// may be a secret.
func CheckAdded(name, value string) error {
	switch {
	case name == "":
		return errors.New("has no name")
	case strings.ContainsFunc(name, func(c rune) bool {
		return (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && !strings.ContainsRune("!#$%&'*+-.^_`|~", c)
	}):
		return errors.New("is no name of a header (RFC 9110 section 5.1)")
	}
	switch http.CanonicalHeaderKey(name) {
	case "Host", "Content-Type", "Content-Encoding", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade", "Te", "Trailer", "Expect":
		return errors.New("is set by the client that sends the request")
	}
	if strings.ContainsFunc(value, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
		return errors.New("has a value with a control character (RFC 9110 section 5.5)")
	}
	return nil
}
