package router

import (
	"net/http"

	"github.com/meshhop/meshhop/internal/h2client"
	"github.com/meshhop/meshhop/resolve"
)

// H2Transport returns a transport that sends every request to address by HTTP/2: with prior
// knowledge, or with TLS by the protocol "h2" (RFC 9113 section 3). A connection carries as
// many requests at a time as the endpoint allows; only when it is full, there is another one.
//
// Of config, MaxConns bounds those connections, and MaxWaiters the requests that wait where
// all are full. MaxIdle has no effect but that a negative one has a connection closed after its
// last request; ReadTimeout and WriteTimeout have none. All else is as with [H1Transport]. What a peer refuses unprocessed, by
// REFUSED_STREAM or by GOAWAY, counts as not sent, and nothing is sent again but by the
// router.
//
// A request that asks for an upgrade of its connection, as a WebSocket does, fails.
func H2Transport(address resolve.Address, config TransportConfig) http.RoundTripper {
	return h2client.New(config.h2(address))
}

// h2 is the configuration for HTTP/2.
func (c TransportConfig) h2(address resolve.Address) h2client.Config {
	target := address.AddrPort.String()
	idle := c.IdleTimeout
	if idle == 0 && c.SessionIdleTimeout == 0 {
		idle = defaultIdleTimeout
	}
	return h2client.Config{
		Addr:               target,
		Dial:               c.dial(target),
		ConnectTimeout:     c.ConnectTimeout,
		MaxConns:           c.MaxConns,
		MaxWaiters:         c.MaxWaiters,
		MinIdle:            c.MinIdle,
		KeepNone:           c.MaxIdle < 0,
		IdleTimeout:        idle,
		SessionIdleTimeout: c.SessionIdleTimeout,
		MaxLifetime:        c.MaxLifetime,
		TLS:                c.TLS,
		TLSName:            c.TLSName,
		TLSVersion:         c.TLSVersion,
		HeaderTableBytes:   c.H2.HeaderTableBytes,
		StreamWindowBytes:  c.H2.StreamWindowBytes,
		FrameBytes:         c.H2.FrameBytes,
		HeaderListBytes:    c.H2.HeaderListBytes,
	}
}
