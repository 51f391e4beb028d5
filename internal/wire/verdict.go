package wire

import (
	"net/http"
	"strconv"
	"strings"
)

// Retryable reports whether a response says, by "l5d-retryable: true" in any
// case, that its request may be sent again.
func Retryable(h http.Header) bool {
	value, _ := First(h, RetryableName)
	return strings.EqualFold(value, "true")
}

// SuccessClass returns what the l5d-success-class header of a response says:
// any number above zero is a success, anything else a failure. It is false
// without the header.
func SuccessClass(h http.Header) (success, ok bool) {
	value, ok := First(h, SuccessClassName)
	if !ok {
		return false, false
	}
	fraction, err := strconv.ParseFloat(value, 64)
	return err == nil && fraction > 0, true
}
