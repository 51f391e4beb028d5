package h1wire

import (
	"context"
	"net/http"
	"sync/atomic"
)

// Heads are the lines of a request, and of the response that is passed on to it. They go
// with the context of the request from its server to a proxy, and back: so no user of
// either sees them, and what stands between the two may be another's.
type Heads struct {
	Request  Lines
	Response *Lines // set before WriteHeader, by which the server writes the header; nil: not known

	// Handler is the handler that the server has called, or who was called by it and keeps
	// nothing. Who finds itself here is the only one that has had the request, unless it has
	// passed it on. Nil: not known.
	Handler http.Handler
	// Waited says that somebody has waited for the end of the context, or may yet: a
	// goroutine that has to do with it may still run when the handler returns.
	Waited atomic.Bool
	// Lent is set by such a handler before it returns, and says that nobody has kept anything
	// of the request, its header, its context or the writer. The server may use their memory
	// again then. The texts in them may be kept.
	Lent bool
}

// HeadsKey finds the heads in the context of a request; see [HeadsOf].
type HeadsKey struct{}

// HeadsOf returns the heads of a request, or nil if its server has none.
func HeadsOf(ctx context.Context) *Heads {
	h, _ := ctx.Value(HeadsKey{}).(*Heads)
	return h
}
