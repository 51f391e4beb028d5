package router

import (
	"net/http"
	"strconv"

	"github.com/meshhop/meshhop/resolve"
)

// transport makes the client for one endpoint.
func (r *Router) transport(address resolve.Address) http.RoundTripper {
	if address.Status != 0 {
		return statusTransport(address.Status)
	}
	return r.config.NewTransport(address)
}

// statusTransport is the transport of a replica that is a status: it answers
// every request with it at once, with an empty body.
type statusTransport int

func (s statusTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	closeBody(r)
	return &http.Response{
		Status:     strconv.Itoa(int(s)) + " " + http.StatusText(int(s)),
		StatusCode: int(s),
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header:     http.Header{},
		Body:       http.NoBody,
		Request:    r,
	}, nil
}
