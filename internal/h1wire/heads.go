package h1wire

import "context"

// Heads are the lines of a request, and of the response that is passed on to it. They go
// with the context of the request from its server to a proxy, and back: so no user of
// either sees them, and what stands between the two may be another's.
type Heads struct {
	Request  Lines
	Response *Lines // set before WriteHeader, by which the server writes the header; nil: not known
}

// HeadsKey finds the heads in the context of a request; see [HeadsOf].
type HeadsKey struct{}

// HeadsOf returns the heads of a request, or nil if its server has none.
func HeadsOf(ctx context.Context) *Heads {
	h, _ := ctx.Value(HeadsKey{}).(*Heads)
	return h
}
