package router

import (
	"net/http"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/h1"
)

// H1Transport returns a transport of package h1, the router's own HTTP/1.1
// client, that sends every request to address. connectTimeout bounds the making
// of a connection.
func H1Transport(address resolve.Address, connectTimeout time.Duration) http.RoundTripper {
	transport, err := h1.New(h1.Config{
		Addr: address.AddrPort.String(), ConnectTimeout: connectTimeout,
		OnlyUnsent: true, // what may be done twice the classifier says
	})
	if err != nil {
		return failing{err}
	}
	return transport
}

// failing is the transport of an address that no transport can be made for.
type failing struct{ err error }

func (f failing) RoundTrip(r *http.Request) (*http.Response, error) {
	closeBody(r)
	return nil, f.err
}
