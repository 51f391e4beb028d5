package h1

import (
	"context"
	"net"

	"github.com/meshhop/meshhop/internal/handshake"
	"github.com/meshhop/meshhop/internal/traffic"
)

// handshakeObserver is an observer that wants to know of handshakes.
type handshakeObserver interface{ Handshakes() *handshake.Counts }

// secure makes a connection secure.
func (t *Transport) secure(ctx context.Context, nc net.Conn) (net.Conn, *traffic.Wire, error) {
	w := &traffic.Wire{Conn: nc, Meter: new(traffic.Meter)}
	c, err := handshake.Client(ctx, w, t.config.TLS, t.config.TLSName)
	if o, ok := t.pool.observer.(handshakeObserver); ok {
		o.Handshakes().Handshake(err)
	}
	if err != nil {
		return nil, nil, err
	}
	return c, w, nil
}

// checkedName is the name that certificates are compared with; empty: none is.
func (t *Transport) checkedName() string {
	if name := t.config.TLSName; name != "" || t.config.TLS.InsecureSkipVerify {
		return name
	}
	return t.config.TLS.ServerName
}

// tlsVersion is Config.TLSVersion now.
func (t *Transport) tlsVersion() uint64 {
	if t.config.TLSVersion == nil {
		return 0
	}
	return t.config.TLSVersion.Load()
}

// refused is the error of a peer that refused the client's certificate. With TLS 1.3 the
// handshake is over for the client then, and the first read says so.
func (c *conn) refused(err error) error {
	if !c.account.secure || c.reused || c.responded || !handshake.IsAlert(err) {
		return err
	}
	name := c.transport.config.TLSName
	if name == "" {
		name = c.transport.config.TLS.ServerName
	}
	err = &handshake.Error{Name: name, Err: err}
	if o, ok := c.transport.pool.observer.(handshakeObserver); ok {
		o.Handshakes().Handshake(err)
	}
	return err
}
