package proxy

import (
	"net/http"

	"github.com/meshhop/meshhop/internal/wire"
)

// class is what a response's l5d-success-class said; zero: nothing.
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

// readVerdict reads what the router says in the trailers of a response whose end decides
// what it counts as. It reports whether the client gets that: a hop of the mesh does, by
// HTTP/2, and no other client has trailers that the endpoint has not sent.
func (x *exchange) readVerdict(resp *http.Response) (passOn bool) {
	if x.class != 0 {
		return false
	}
	x.class.read(resp.Trailer)
	return x.class != 0 && !x.config.ClearContext && x.in.ProtoMajor == 2 && x.in.Header[wire.TraceName] != nil
}

// success reports whether the request counts as a success. The verdict of the next
// hop's classifier counts more than the status (Http.scala, serverResponseClassifier),
// unless the client got another status than the response has.
func (x *exchange) success(status int) bool {
	if x.class == 0 || status != x.responseStatus {
		return status < http.StatusInternalServerError
	}
	return x.class == succeeded
}
