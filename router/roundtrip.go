package router

import "net/http"

// RoundTrip sends the request to an endpoint of the service that it names and
// returns the response. It has the contract of [http.RoundTripper]: it does not
// change r, it closes r.Body, and the caller closes the response's body. An error
// is an [*Error].
//
// The URL's scheme must be http, https or empty. Whether the connection is secure is for the
// policy of the client to say (TransportConfig.TLS); with https a request fails if it is not,
// as it does with any other scheme, and nothing is sent.
// User name and password of the URL become the header Authorization if there is
// none, as in [http.Client].
func (r *Router) RoundTrip(in *http.Request) (*http.Response, error) {
	x, ok := r.exchanges.Get().(*exchange)
	if !ok {
		x = new(exchange)
	}
	x.router, x.asked = r, in
	return r.handle(x)
}

// handle has a request go through the stages.
func (r *Router) handle(x *exchange) (*http.Response, error) {
	resp, err := r.stages.do(x)
	if err != nil {
		if !x.body.taken {
			closeBody(x.asked)
		}
		return nil, x.fail(err)
	}
	if x.local != nil && x.isLent() {
		x.local.Lent = x
	}
	return x.accept(resp), nil
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		r.Body.Close()
	}
}
