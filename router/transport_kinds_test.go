package router_test

import (
	"crypto/tls"
	"io"
	stdlog "log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/meshhop/meshhop/internal/certtest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// transportKind is a way to reach an endpoint.
type transportKind struct {
	name   string
	make   func(resolve.Address, router.TransportConfig) http.RoundTripper
	secure bool // with TLS
	server http.Protocols
	major  int  // of the protocol that is spoken then
	counts bool // it tells of its connections
}

// kinds are all transports that there are.
func kinds() []transportKind {
	var one, two, clear http.Protocols
	one.SetHTTP1(true)
	two.SetHTTP1(true)
	two.SetHTTP2(true)
	clear.SetUnencryptedHTTP2(true)
	auto := func(p router.Protocol) func(resolve.Address, router.TransportConfig) http.RoundTripper {
		return func(a resolve.Address, c router.TransportConfig) http.RoundTripper {
			c.Protocol = p
			return router.EndpointTransport(a, c)
		}
	}
	return []transportKind{
		{name: "h1", make: router.H1Transport, server: one, major: 1, counts: true},
		{name: "h1 TLS", make: router.H1Transport, server: two, secure: true, major: 1, counts: true},
		{name: "net/http", make: router.HTTPTransport, server: one, major: 1},
		{name: "net/http TLS", make: router.HTTPTransport, server: one, secure: true, major: 1},
		{name: "h2c", make: router.H2Transport, server: clear, major: 2, counts: true},
		{name: "h2", make: router.H2Transport, server: two, secure: true, major: 2, counts: true},
		{name: "auto", make: auto(router.AutoHTTP1), server: one, major: 1, counts: true},
		{name: "auto h2c", make: auto(router.AutoHTTP2), server: clear, major: 2, counts: true},
		{name: "auto TLS h2", make: auto(router.AutoHTTP1), server: two, secure: true, major: 2, counts: true},
		{name: "auto TLS h1", make: auto(router.AutoHTTP2), server: one, secure: true, major: 1, counts: true},
	}
}

// peer is a server that a kind of transport can speak to.
type peer struct {
	transportKind
	*httptest.Server
	config router.TransportConfig // that has TLS if need be
}

// serve starts a server for the kind.
func (k transportKind) serve(t *testing.T, handler http.HandlerFunc) *peer {
	t.Helper()
	p := &peer{transportKind: k, Server: httptest.NewUnstartedServer(handler)}
	p.Config.Protocols = &k.server
	p.Config.ErrorLog = stdlog.New(io.Discard, "", 0)
	if k.secure {
		ca := certtest.CA(t, "root")
		p.Server.TLS = &tls.Config{Certificates: []tls.Certificate{ca.Issue([]string{"web"}).Pair()}, NextProtos: []string{"http/1.1"}}
		if k.server.HTTP2() {
			p.Server.TLS.NextProtos = []string{"h2", "http/1.1"}
		}
		p.EnableHTTP2 = k.server.HTTP2()
		p.config.TLS = &tls.Config{RootCAs: ca.Pool(), ServerName: "web"}
		p.StartTLS()
	} else {
		p.Start()
	}
	t.Cleanup(p.Close)
	return p
}

// address is that of the server.
func (p *peer) address() resolve.Address {
	return resolve.Address{AddrPort: netip.MustParseAddrPort(p.Listener.Addr().String()), Weight: 1}
}

// transport makes one to the server.
func (p *peer) transport(t *testing.T, change ...func(*router.TransportConfig)) http.RoundTripper {
	t.Helper()
	c := p.config
	for _, f := range change {
		f(&c)
	}
	rt := p.make(p.address(), c)
	t.Cleanup(rt.(interface{ CloseIdleConnections() }).CloseIdleConnections)
	return rt
}

// routed makes a router to the server, which knows it as /web.
func (p *peer) routed(t *testing.T, change ...func(*router.Config)) *fixture {
	t.Helper()
	f := start(t, append([]func(*router.Config){func(c *router.Config) {
		c.NewTransport = p.make
		c.Transport = p.config
	}}, change...)...)
	f.names.Bind("/web", p.address().AddrPort.String())
	return f
}

// eachKind runs a test for each kind of transport.
func eachKind(t *testing.T, test func(t *testing.T, k transportKind)) {
	t.Helper()
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) { test(t, k) })
	}
}
