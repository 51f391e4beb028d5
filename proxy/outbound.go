package proxy

import (
	"context"
	"net/http"
	"net/url"

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
}
