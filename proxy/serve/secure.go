package serve

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync/atomic"
)

// secure says whether connections that are accepted from now on are secure.
type secure struct{ atomic.Pointer[tls.Config] }

// ReplaceTLS makes another configuration count for the connections that are accepted from
// now on. Those before stay as they are. Nil means that none is secure.
func (s *Server) ReplaceTLS(config *tls.Config) { s.secure.Store(offering(config, s.spoken)) }

// offering is a configuration that offers HTTP/2 by ALPN, if that is spoken. Without it
// nothing is offered, as Linkerd does: clients that insist on ALPN do not connect otherwise.
func offering(config *tls.Config, spoken http.Protocols) *tls.Config {
	if config == nil || !spoken.HTTP2() {
		return config
	}
	config = config.Clone()
	config.NextProtos = alpnNames(spoken)
	if choose := config.GetConfigForClient; choose != nil {
		config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			chosen, err := choose(hello)
			return offering(chosen, spoken), err
		}
	}
	return config
}

// track wraps a connection that was accepted.
func (l *listener) track(nc net.Conn) trackedConn {
	if config := l.secure.Load(); config != nil {
		return l.conns.trackSecure(nc, config)
	}
	return l.conns.track(nc)
}
