package ctxhdr

import (
	"context"
	"net/http"
)

type contextKey struct{}

// NewContext returns a context that remembers a copy of the l5d-ctx-* headers
// of h, in place of those that ctx remembered. If h has none, it returns ctx.
// It is for services that take requests from something other than net/http;
// the others use Middleware.
func NewContext(ctx context.Context, h http.Header) context.Context {
	if kept := collect(h); kept != nil {
		return context.WithValue(ctx, contextKey{}, kept)
	}
	return ctx
}

// collect returns a copy of the context headers of h, nil if there are none.
func collect(h http.Header) http.Header {
	var kept http.Header
	for k, v := range h {
		if len(v) == 0 || !hasPrefixFold(k, ContextPrefix) {
			continue
		}
		if kept == nil {
			kept = make(http.Header, 4)
		}
		forward(kept, h, k, true)
	}
	return kept
}

// FromContext returns a copy of the headers that Middleware or NewContext
// remembered, nil if there are none.
func FromContext(ctx context.Context) http.Header { return remembered(ctx).Clone() }

// remembered returns the headers themselves, which nobody may change.
func remembered(ctx context.Context) http.Header {
	h, _ := ctx.Value(contextKey{}).(http.Header)
	return h
}
