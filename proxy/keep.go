package proxy

import (
	"net/http"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/wire"
)

// keeps is called when a response is about to begin: it is known then whether the spans of
// the request are kept although no sampler chose them, and the response tells a caller
// that can keep its own.
func (x *exchange) keeps(status int, header http.Header) {
	if x.local.ServerSpan == nil || !(*hopspan.Hop)(x.config.Router.Hop()).Keeps() {
		return // it was refused before it had one, or nothing is kept
	}
	kept, tell := hopspan.Responding(x.local.ServerSpan, status)
	if tell != "" {
		header[wire.Lower(wire.KeepName)] = []string{tell}
	}
	if r := x.local.Record; kept && r != nil {
		r.Sampled = true // its trace can be looked at
	}
}
