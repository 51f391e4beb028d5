package app

import "github.com/meshhop/meshhop/proxy/serve"

// scheme is that of the URLs at which the listener is reached.
func (l listenerSpec) scheme() string {
	if l.config.TLS != nil {
		return "https"
	}
	return "http"
}

// withoutTLS is a configuration without what a server replaces while it listens.
func withoutTLS(c serve.Config) serve.Config {
	c.TLS = nil
	return c
}
