package proxy

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/wire"
)

// inbound is step 2 of a request's journey: what its headers say becomes
// context, and the server span starts. A request that cause refuses has no span,
// as in Linkerd, whose outermost filters these are.
func (x *exchange) inbound() (ctx context.Context, cause error) {
	r, local := x.in, &x.local
	local.Timeout, local.MaxContextBytes = x.config.Timeout, x.config.MaxHeaderBytes
	if err := x.received(); err != nil {
		return nil, err
	}
	header, from := r.Header, x.config.strangers()
	if from == traced {
		header = from.cleared(header)
	}
	ctx, local.ServerSpan = (*hopspan.Hop)(x.config.Router.Hop()).StartServer(r.Context(), header, hopspan.ServerStart{
		Service: x.config.ServiceName,
		Router:  x.config.Router.Label(),
		Local:   localAddr(r),
		Peer:    peerAddr(r),
		Fresh:   from == untraced,
		Request: r,
	})
	return ctx, nil
}

// received reads what the request's headers say to this hop; an error is why it
// is refused.
func (x *exchange) received() error {
	r, local := x.in, &x.local
	if err := x.checkSize(r); err != nil {
		return err
	}
	if err := checkTarget(r); err != nil {
		return err
	}
	if !x.config.ClearContext {
		local.Deadline, _ = ctxhdr.Deadlines(r.Header)
		local.Overrides = x.config.Overrides
	}
	if !x.config.ignoresDtabs() {
		if texts := wire.Dtabs(r.Header); texts != nil {
			if err := x.config.Router.ReadDtab(local, texts); err != nil {
				return err
			}
			if len(local.DtabText) > x.config.MaxHeaderBytes {
				return errLongContext
			}
		}
	}
	return x.checkDepth(r.Header)
}

// tellIgnored counts a request whose dtab ends here though its other context does
// not, and tells the server's span.
func (x *exchange) tellIgnored() {
	if !x.config.IgnoreDtabs || x.config.ClearContext {
		return
	}
	texts := wire.Dtabs(x.in.Header)
	if texts == nil {
		return
	}
	x.stats.ignored.Add(1)
	if span := x.local.ServerSpan; span.IsRecording() {
		hopspan.LeftOut(span, strings.Join(texts, "; "))
	}
}

// localAddr is the address that the request came in at; zero if unknown.
func localAddr(r *http.Request) netip.AddrPort {
	tcp, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	return unmap(tcp.AddrPort())
}

// peerAddr is the caller's address; zero if unknown.
func peerAddr(r *http.Request) netip.AddrPort {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.AddrPort{}
	}
	return unmap(peer)
}

// unmap writes an IPv4 address that an IPv6 socket saw as the IPv4 it is.
func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
