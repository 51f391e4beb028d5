package h2

import (
	"errors"
)

// errHandlerReturned is the error of a ResponseWriter that is used too late.
var errHandlerReturned = errors.New("h2: the ResponseWriter was used after the handler had returned")
