package router

import (
	"errors"
	"net/http"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/h1"
)

// H1Transport returns a transport of package h1, the router's own HTTP/1.1
// client, that sends every request to address. It can do all that a
// [TransportConfig] asks for, but HTTP/2: every request fails then.
func H1Transport(address resolve.Address, config TransportConfig) http.RoundTripper {
	if config.Protocol.resolved(false) == HTTP2 {
		return failing{errors.New("router: H1Transport does not speak HTTP/2; EndpointTransport does")}
	}
	transport, err := h1.New(h1.Config{
		Addr:               address.AddrPort.String(),
		Dial:               config.dial(address.AddrPort.String()),
		ConnectTimeout:     config.ConnectTimeout,
		OnlyUnsent:         true, // what may be done twice is for the requeues and the classifier to say
		MaxConns:           config.MaxConns,
		MaxWaiters:         config.MaxWaiters,
		MaxIdle:            config.MaxIdle,
		MinIdle:            config.MinIdle,
		IdleTimeout:        config.IdleTimeout,
		SessionIdleTimeout: config.SessionIdleTimeout,
		MaxLifetime:        config.MaxLifetime,
		ReadTimeout:        config.ReadTimeout,
		WriteTimeout:       config.WriteTimeout,
		TLS:                config.TLS,
		TLSName:            config.TLSName,
		TLSVersion:         config.TLSVersion,
	})
	if err != nil {
		return failing{err}
	}
	return transport
}

// failing is the transport where none can be made.
type failing struct{ err error }

func (f failing) RoundTrip(r *http.Request) (*http.Response, error) {
	closeBody(r)
	return nil, f.err
}
