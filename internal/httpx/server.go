package httpx

import (
	"context"
	"net/http"
)

// ClientLeft is the cause of the end of a request's context when its client has left.
type ClientLeft struct{}

func (ClientLeft) Error() string { return "the client has left" }

// Is makes the cause equal to the error by which net/http says the same.
func (ClientLeft) Is(target error) bool { return target == context.Canceled }

// BodyAllowed reports whether a response of the status has a body (RFC 9110 section 6.4.1).
func BodyAllowed(status int) bool {
	return status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified
}

// HalfClose closes the direction to the peer, if the connection can do that. CloseWrite closes
// one that cannot.
func HalfClose(c any) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return http.ErrNotSupported
}
