package h1

// The causes of errors that have no name for others.
var (
	ErrInvalidRequest = errInvalidRequest
	ErrMalformed      = errMalformed
	ErrTooLarge       = errTooLarge
	ErrClosed         = errClosed
)
