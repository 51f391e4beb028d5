package handshake

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"
)

// Timeout bounds a handshake. It is that of net/http.
const timeout = 10 * time.Second

var errTimeout = errors.New("tls: the peer did not complete the handshake within 10 s")

// perServer is a tls.ClientSessionCache that keeps the sessions of servers of one name apart.
type perServer interface {
	// For returns the configuration for one handshake.
	For(config *tls.Config, addr string) *tls.Config
}

// Client makes a connection secure, by the end of ctx and within ten seconds. The name is
// for messages; if it is empty, that of the configuration is. The error is an [*Error], and
// the connection is closed then.
func Client(ctx context.Context, nc net.Conn, config *tls.Config, name string) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	if sessions, ok := config.ClientSessionCache.(perServer); ok {
		config = sessions.For(config, nc.RemoteAddr().String())
	}
	c := tls.Client(nc, config)
	err := c.HandshakeContext(ctx)
	if err == nil {
		return c, nil
	}
	nc.Close()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if name == "" {
		name = config.ServerName
	}
	return nil, &Error{Name: name, Err: err}
}
