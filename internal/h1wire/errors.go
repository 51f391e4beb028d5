package h1wire

import (
	"errors"
	"fmt"
)

var (
	// ErrMalformed is in the chain of errors of a message that violates RFC 9112, or uses
	// an option which is not accepted here.
	ErrMalformed = errors.New("malformed")
	// ErrTooLarge is in the chain of errors of a message that exceeds a limit.
	ErrTooLarge = errors.New("too large")
	// ErrCoding is in the chain of errors of a message with a transfer coding other than
	// chunked, beside ErrMalformed.
	ErrCoding = errors.New("transfer coding not supported")
)

// Malformed returns an error with ErrMalformed in its chain.
func Malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMalformed}, args...)...)
}

// Excerpt returns the part of hostile bytes that goes into an error.
func Excerpt(b []byte) []byte { return b[:min(len(b), 64)] }

// codingError is the error of a transfer coding other than chunked.
type codingError struct{ value string }

func (e *codingError) Error() string {
	return fmt.Sprintf("malformed: Transfer-Encoding %q: only a single chunked is supported", e.value)
}

// Is makes it both errors.
func (e *codingError) Is(target error) bool { return target == ErrMalformed || target == ErrCoding }
