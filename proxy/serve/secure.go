package serve

import (
	"crypto/tls"
	"net"
	"sync/atomic"
)

// secure says whether connections that are accepted from now on are secure.
type secure struct{ atomic.Pointer[tls.Config] }

// ReplaceTLS makes another configuration count for the connections that are accepted from
// now on. Those before stay as they are. Nil means that none is secure.
func (s *Server) ReplaceTLS(config *tls.Config) { s.secure.Store(config) }

// track wraps a connection that was accepted.
func (l *listener) track(nc net.Conn) trackedConn {
	if config := l.secure.Load(); config != nil {
		return l.conns.trackSecure(nc, config)
	}
	return l.conns.track(nc)
}
