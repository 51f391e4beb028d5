package ctxhdr

import (
	"context"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/internal/wire"
)

// Transport returns a RoundTripper that adds to each request the headers that
// its context remembers (see Middleware), and then hands it to next; a nil
// next means [http.DefaultTransport]. A context header that the request has
// already is left as it is. The caller's request is never changed: the headers
// go to a copy. It is safe for concurrent use if next is.
//
// What l5d-ctx-deadline says is the earliest of the context's deadline, with or
// without a Middleware, of what the context remembers, and of what the request
// has already. A response that arrives when the context's deadline has passed,
// such as the 504 with which a hop observes the same deadline, is
// [context.DeadlineExceeded], whichever of the two was noticed first.
// WithoutDeadline turns both off.
func Transport(next http.RoundTripper, opts ...Option) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &transport{next: next, options: optionsOf(opts)}
}

type transport struct {
	next http.RoundTripper
	options
}

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	kept := remembered(ctx)
	var until time.Time // what the header is to say; zero: what it says already
	var bounded bool
	if !t.withoutDeadline {
		until = kept.until
		var at time.Time
		if at, bounded = ctx.Deadline(); bounded && (until.IsZero() || at.Before(until)) {
			until = at
		}
	}
	if len(kept.headers) == 0 && until.IsZero() {
		return t.next.RoundTrip(r)
	}
	r2 := r.WithContext(ctx)
	if r2.Header = r.Header.Clone(); r2.Header == nil {
		r2.Header = make(http.Header, len(kept.headers)+1)
	}
	if !until.IsZero() {
		tighten(r2.Header, until)
	}
	for k := range kept.headers {
		forward(r2.Header, kept.headers, k, false)
	}
	resp, err := t.next.RoundTrip(r2)
	if err == nil && bounded {
		if at, _ := ctx.Deadline(); !time.Now().Before(at) {
			resp.Body.Close()
			return nil, context.DeadlineExceeded
		}
	}
	return resp, err
}

// tighten sets the request's deadline to until, unless it has an earlier one.
// The header is written with this machine's clock.
func tighten(h http.Header, until time.Time) {
	now := time.Now()
	if own, ok := Deadlines(h); ok && own.Left(now) <= until.Sub(now) {
		return
	}
	wire.Set(h, wire.DeadlineName, Deadline{Timestamp: now, Deadline: until}.String())
}

// CloseIdleConnections makes [http.Client.CloseIdleConnections] reach next.
func (t *transport) CloseIdleConnections() {
	if next, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}
