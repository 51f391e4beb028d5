package h1

import "github.com/meshhop/meshhop/internal/h1wire"

// The causes of errors that have no name for others.
var (
	ErrInvalidRequest = errInvalidRequest
	ErrMalformed      = h1wire.ErrMalformed
	ErrTooLarge       = h1wire.ErrTooLarge
	ErrClosed         = errClosed
)
