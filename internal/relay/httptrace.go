package relay

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"net/netip"
)

// WithTrace returns a context that has clients which know no Exchange, such as
// [http.Transport], tell x what they see, and pass 1xx responses on to it.
func (x *Exchange) WithTrace(ctx context.Context) context.Context {
	trace := &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			ends := AddressesOf(info.Conn)
			x.Connected(info.Conn, &ends, info.Reused)
		},
		WroteRequest:         func(httptrace.WroteRequestInfo) { x.Wrote() },
		GotFirstResponseByte: x.Began,
	}
	if x.WantsInterim() {
		trace.Got1xxResponse = x.PassInterim
	}
	return httptrace.WithClientTrace(ctx, trace)
}

// AddressesOf returns the two ends of a connection, whose handshake is over if it has TLS.
func AddressesOf(c net.Conn) Addresses {
	ends := Addresses{Local: AddrPort(c.LocalAddr()), Remote: AddrPort(c.RemoteAddr())}
	if s, ok := c.(interface{ ConnectionState() tls.ConnectionState }); ok {
		ends.Secure = &Secure{Version: s.ConnectionState().Version}
	}
	return ends
}

// AddrPort is a TCP address as a value; zero for another kind.
func AddrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	return Unmap(tcp.AddrPort())
}

// Unmap returns an IPv4-mapped IPv6 address as the IPv4 address that it is.
func Unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
