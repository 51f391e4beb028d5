package proxy

import (
	"net/http"

	"github.com/meshhop/meshhop/internal/wire"
)

// class is what an answer's l5d-success-class said; the zero class is nothing.
type class uint8

const (
	succeeded class = iota + 1
	failed
)

func (c *class) read(h http.Header) {
	if success, ok := wire.SuccessClass(h); success {
		*c = succeeded
	} else if ok {
		*c = failed
	}
}

// success says whether the request counts as one: what the classifier said of
// its answer counts more than the status (Http.scala, serverResponseClassifier),
// unless the caller did not get the answer as it was.
func (x *exchange) success(status int) bool {
	if x.class == 0 || status != x.answered {
		return status < http.StatusInternalServerError
	}
	return x.class == succeeded
}
