package proxy

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/meshhop/meshhop/router"
)

// outbound makes the request that is sent on: the same method and target, no
// body as yet, and the same headers but for an edit: without what was meant for
// this hop alone.
func (x *exchange) outbound(ctx context.Context) {
	in, out := x.in, &x.out
	*out = *in.WithContext(ctx)
	x.url = url.URL{Scheme: "http", Host: in.Host}
	router.SetRawTarget(&x.url, originForm(in))
	out.URL = &x.url
	out.RequestURI = "" // a client request has none
	out.Close = false
	out.Body = http.NoBody
	from := x.config.strangers()
	out.Header = from.cleared(in.Header)
	x.edit.read(in, from)
	x.local.Header = &x.edit
	x.local.Passage = x
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
