package ctxhdr

import (
	"context"
	"net/http"
)

// Middleware returns a handler that remembers the l5d-ctx-* headers of each
// request in its context and then calls next. Requests that are made with
// that context through a Transport carry them on.
func Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if kept := collect(r.Header); kept != nil {
			r = r.WithContext(context.WithValue(r.Context(), contextKey{}, kept))
		}
		next.ServeHTTP(w, r)
	})
}
