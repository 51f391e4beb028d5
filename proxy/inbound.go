package proxy

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/router"
)

// inbound reads the context of the mesh from the request's headers and starts the
// server span. If it returns an error, which is why the request is refused, there is
// no span; so it is in Linkerd, whose outermost filters these are.
func (x *exchange) inbound() (ctx context.Context, cause error) {
	local := &x.local
	local.Timeout, local.MaxContextBytes = x.config.Timeout, x.config.MaxHeaderBytes
	local.OwnURI = x.config.OwnURI
	local.WantsRoute = x.config.RouteHeader && !x.config.ClearContext
	if err := x.readContext(); err != nil {
		return nil, err
	}
	return x.startSpan(), nil
}

// startSpan starts the server span. It continues the trace of the request, if it may.
func (x *exchange) startSpan() (ctx context.Context) {
	r := x.in
	header, policy := r.Header, x.config.policy()
	if policy == dropMesh {
		header = policy.filter(header)
	}
	ctx, x.local.ServerSpan = (*hopspan.Hop)(x.config.Router.Hop()).StartServer(r.Context(), header, hopspan.ServerStart{
		Service: x.config.ServiceName,
		Router:  x.config.Router.Label(),
		Fresh:   policy == dropContext,
		Request: r,

		Addresses: addresses,
	})
	if r.TLS != nil {
		hopspan.ArrivedByTLS(x.local.ServerSpan, r.TLS)
	}
	if span := x.local.ServerSpan; span.IsRecording() && wire.IsGRPC(r.Header) {
		path, _, _ := strings.Cut(originForm(r), "?")
		hopspan.Call(span, path)
	}
	return ctx
}

// readContext checks the request, and reads its deadline and dtab. An error is why it
// is refused.
func (x *exchange) readContext() error {
	r, local := x.in, &x.local
	if err := x.checkSize(r); err != nil {
		return err
	}
	if err := checkTarget(r); err != nil {
		return err
	}
	if !x.config.ClearContext {
		if r.Header[wire.ExplainName] != nil {
			return errDryRun
		}
		local.Deadline, _ = ctxhdr.Deadlines(r.Header)
		local.Overrides = x.config.Overrides
	}
	if !x.config.ignoresDtabs() {
		if texts := wire.Dtabs(r.Header); texts != nil {
			if err := x.dtabs.Read(local, texts); err != nil {
				return &router.Error{Kind: router.InvalidDtab, Err: err}
			}
			if len(local.DtabText) > x.config.MaxHeaderBytes {
				return errLongContext
			}
		}
	}
	return x.checkDepth(r.Header)
}

// reportIgnoredDtab counts a request whose dtab is ignored because of IgnoreDtabs, and
// adds that to the server span.
func (x *exchange) reportIgnoredDtab() {
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

// addresses are those of the connection.
func addresses(r *http.Request) (local, peer netip.AddrPort) { return localAddr(r), peerAddr(r) }

// localAddr returns the address at which the request arrived; zero if unknown.
func localAddr(r *http.Request) netip.AddrPort {
	addr, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return relay.AddrPort(addr)
}

// peerAddr returns the client's address; zero if unknown.
func peerAddr(r *http.Request) netip.AddrPort {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.AddrPort{}
	}
	return relay.Unmap(peer)
}
