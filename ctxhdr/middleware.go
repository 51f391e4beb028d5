package ctxhdr

import (
	"context"
	"net/http"
	"strings"
)

// Middleware returns a handler that remembers the l5d-ctx-* headers of each
// request in its context and then calls next. Requests that are made with
// that context through a Transport carry them on.
//
// The deadline of the caller, l5d-ctx-deadline, becomes that of the context,
// unless the context has an earlier one, so that work nobody waits for ends.
// Clocks of two machines differ: what is left is taken at receipt, and is never
// more than what was left when the header was written (see Deadline.Left).
//
// The deadline bounds all that next does with the context, a long response
// body included. A request that asks for another protocol (an Upgrade such as
// websocket, or CONNECT) gets no deadline, as its connection outlives the
// response that the caller waits for. WithoutDeadline turns deadlines off.
func Middleware(next http.Handler, opts ...Option) http.Handler {
	o := optionsOf(opts)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if kept := collect(r.Header); kept.headers != nil {
			ctx := context.WithValue(r.Context(), contextKey{}, &kept)
			if !kept.until.IsZero() && !o.withoutDeadline && !becomesTunnel(r) {
				var cancel context.CancelFunc
				ctx, cancel = context.WithDeadline(ctx, kept.until)
				defer cancel()
			}
			r = r.WithContext(ctx)
		}
		next.ServeHTTP(w, r)
	})
}

// becomesTunnel reports whether the connection may switch to another protocol with
// the response. A client that offers h2c on its first request, as Java's does, waits
// for an ordinary response.
func becomesTunnel(r *http.Request) bool {
	if r.Method == http.MethodConnect {
		return true
	}
	for _, line := range r.Header["Upgrade"] {
		for protocol := range strings.SplitSeq(line, ",") {
			if p := strings.TrimSpace(protocol); p != "" && !strings.EqualFold(p, "h2c") {
				return true
			}
		}
	}
	return false
}
