package proxy

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/meshhop/meshhop/internal/wire"
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
	if x.forwarder != nil {
		x.edit.add(wire.ForwardedName, x.forwarder.value(in))
	}
	if name := x.config.TimestampHeader; name != "" {
		x.edit.add(name, strconv.FormatInt(time.Now().UnixMilli(), 10))
	}
	x.local.Header = &x.edit
	x.local.Passage = x
}
