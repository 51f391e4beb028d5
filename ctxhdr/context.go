package ctxhdr

import (
	"context"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/internal/wire"
)

type contextKey struct{}

// carried is what a context holds of a request.
type carried struct {
	headers http.Header // the l5d-ctx-* ones, nil if there are none; nobody may change them
	until   time.Time   // the deadline that they hold, by this machine's clock; zero if there is none
}

// NewContext returns a context that remembers a copy of the l5d-ctx-* headers
// of h, in place of those that ctx remembered. If h has none, it returns ctx.
// It is for services that take requests from something other than net/http;
// the others use Middleware. A deadline in h is carried on by Transport; it
// does not end the context.
func NewContext(ctx context.Context, h http.Header) context.Context {
	if kept := collect(h); kept.headers != nil {
		return context.WithValue(ctx, contextKey{}, &kept)
	}
	return ctx
}

// collect copies the context headers of h.
func collect(h http.Header) (kept carried) {
	for k, v := range h {
		if len(v) == 0 || !wire.HasPrefix(k, wire.ContextPrefix) {
			continue
		}
		if kept.headers == nil {
			kept.headers = make(http.Header, 4)
		}
		forward(kept.headers, h, k, true)
	}
	if d, ok := Deadlines(kept.headers); ok {
		now := time.Now()
		kept.until = now.Add(d.Left(now))
	}
	return kept
}

// FromContext returns a copy of the headers that Middleware or NewContext
// remembered, as they came, nil if there are none.
func FromContext(ctx context.Context) http.Header { return remembered(ctx).headers.Clone() }

// remembered returns what the context remembers, which nobody may change.
func remembered(ctx context.Context) carried {
	if kept, ok := ctx.Value(contextKey{}).(*carried); ok {
		return *kept
	}
	return carried{}
}
