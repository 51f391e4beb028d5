package proxy

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/internal/wire"
)

// outbound makes the request that is sent on: the same method and target, no body yet,
// and the same headers but for an edit, which drops what was meant for this hop alone.
func (x *exchange) outbound(ctx context.Context) {
	in, out := x.in, &x.out
	x.ctx = inbound.Context{Context: ctx, Request: &x.local}
	*out = *in.WithContext(&x.ctx)
	x.url = url.URL{Scheme: "http", Host: in.Host}
	target := originForm(in)
	httpx.SetRawTarget(&x.url, target)
	if r := x.local.Record; r != nil {
		r.Target = target
	}
	out.URL = &x.url
	out.RequestURI = "" // a client request has none
	out.Close = false
	out.Body = http.NoBody
	policy := x.config.policy()
	out.Header = policy.filter(in.Header)
	x.edit.read(in, policy)
	if x.forwarder != nil {
		x.edit.add(wire.ForwardedName, x.forwarder.value(in))
	}
	if name := x.config.TimestampHeader; name != "" {
		x.edit.add(name, strconv.FormatInt(time.Now().UnixMilli(), 10))
	}
	x.local.Header = &x.edit
	x.local.TakesTrailers = httpx.HasToken(in.Header["Te"], "trailers")
	x.local.Passage = x
	x.passLines()
}
