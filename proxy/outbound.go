package proxy

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/router"
)

// outbound makes the request that is sent on: the same method, target and
// headers, without what was meant for this hop alone, and as yet no body.
func (h *Handler) outbound(ctx context.Context, in *http.Request) *http.Request {
	out := in.WithContext(ctx)
	out.Header = in.Header.Clone()
	out.URL = &url.URL{Scheme: "http", Host: in.Host}
	router.SetRawTarget(out.URL, originForm(in))
	out.RequestURI = "" // a client request has none
	out.Close = false
	out.Body = http.NoBody
	upgrade := askedUpgrade(in)
	stripHopByHop(out.Header)
	if upgrade != "" {
		out.Header["Connection"] = []string{"Upgrade"}
		out.Header["Upgrade"] = []string{upgrade}
	}
	if h.config.ClearContext {
		ctxhdr.Clear(out.Header)
	}
	delete(out.Header, "X-Forwarded-Client-Cert")        // ours to vouch for, or nobody's
	delete(out.Header, "Finagle-Http-Retryable-Request") // a caller's word to its own next hop (HttpNackFilter.scala)
	appendVia(out.Header, in.ProtoMajor, in.ProtoMinor)
	return out
}

// originForm is the request's target as a server gets it: of an absolute-form
// target, sent to a forward proxy, what follows the authority, byte for byte
// (RFC 9112 section 3.2.2, ProxyRewriteFilter.scala). net/http has taken Host
// from the authority already. OPTIONS without a path asks about the server as
// a whole (section 3.2.4).
func originForm(r *http.Request) string {
	target := r.RequestURI
	if target == "" { // a request that did not come through net/http's server
		return r.URL.RequestURI()
	}
	if !r.URL.IsAbs() {
		return target
	}
	_, rest, found := strings.Cut(target, "://")
	if !found {
		return target
	}
	at := strings.IndexAny(rest, "/?")
	if at < 0 {
		if r.Method == http.MethodOptions {
			return "*"
		}
		return "/"
	}
	if rest[at] == '?' {
		return "/" + rest[at:]
	}
	return rest[at:]
}
