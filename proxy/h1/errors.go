package h1

import (
	"errors"

	"github.com/meshhop/meshhop/internal/h1wire"
)

// errHandlerReturned is the error of a ResponseWriter that is used too late.
var errHandlerReturned = errors.New("h1: the ResponseWriter was used after the handler had returned")

func coding(err error) bool { return errors.Is(err, h1wire.ErrCoding) }
