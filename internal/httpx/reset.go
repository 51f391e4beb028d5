package httpx

import "errors"

// Error codes of HTTP/2 (RFC 9113 section 7).
const (
	ResetRefusedStream      = 0x7 // nothing was done
	ResetCancel             = 0x8
	ResetEnhanceYourCalm    = 0xb
	ResetInadequateSecurity = 0xc
)

// ResetCode returns the code with which the peer of an HTTP/2 stream has reset it, if that
// is the reason of an error: one with the method ResetCode, or one of net/http's.
func ResetCode(err error) (code uint32, ok bool) {
	own := interface{ ResetCode() uint32 }(nil)
	if errors.As(err, &own) {
		return own.ResetCode(), true
	}
	stream := streamError{}
	if errors.As(err, &stream) {
		return stream.Code, true
	}
	return 0, false
}

// streamError has the form of golang.org/x/net/http2.StreamError, as which errors.As gives
// that of net/http.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (streamError) Error() string { return "the stream was reset" }
