package h2

import (
	"context"
	"errors"
)

// errHandlerReturned is the error of a ResponseWriter that is used too late.
var errHandlerReturned = errors.New("h2: the ResponseWriter was used after the handler had returned")

// clientLeft is the cause of the end of a request's context when its client has left.
type clientLeft struct{}

func (clientLeft) Error() string { return "the client has left" }

// Is makes the cause equal to the error by which net/http says the same.
func (clientLeft) Is(target error) bool { return target == context.Canceled }
