package proxy

import (
	"io"
	"net/http"

	"github.com/meshhop/meshhop/internal/h1wire"
)

// passLines has the fields that are passed on keep their order and the case of their names,
// in both directions, as far as the server and the transport know them.
func (x *exchange) passLines() {
	if x.heads = h1wire.HeadsOf(x.in.Context()); x.heads != nil {
		x.local.Lines = &x.heads.Request
		if x.heads.Handler == http.Handler(x.self) {
			// Once: what a transport has this handler serve within the request lends nothing
			// of it, though the heads are in its context.
			x.alone, x.heads.Handler = true, nil
		}
	}
	x.local.ResponseLines = &x.lines
}

// writeHeader begins a response whose header came with x.lines. A server that has heads
// looks there. Net/http's writes keys of the map as they are, so that they are renamed for
// as long as that takes: readers of the map find them before and after it, and writers that
// stand before the server's, and read the map when they are called, are left alone.
func (x *exchange) writeHeader(status int) {
	if x.heads != nil {
		x.heads.Response = &x.lines
	} else if x.in.ProtoMajor == 1 && isServersOwn(x.w) {
		defer x.lines.Respell(x.w.Header())()
	}
	x.w.WriteHeader(status)
}

// isServersOwn reports whether a writer is that of net/http's server: it takes a copy of
// the header in WriteHeader. Others have not this set of methods.
func isServersOwn(w http.ResponseWriter) bool {
	_, ok := w.(interface {
		io.ReaderFrom
		http.Hijacker
		EnableFullDuplex() error
	})
	return ok
}
