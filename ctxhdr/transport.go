package ctxhdr

import "net/http"

// Transport returns a RoundTripper that adds to each request the headers that
// its context remembers (see Middleware), and then hands it to next; a nil
// next means [http.DefaultTransport]. A context header that the request has
// already is left as it is. The caller's request is never changed: the headers
// go to a copy. It is safe for concurrent use if next is.
func Transport(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &transport{next: next}
}

type transport struct{ next http.RoundTripper }

func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	kept := remembered(r.Context())
	if len(kept) == 0 {
		return t.next.RoundTrip(r)
	}
	r2 := r.WithContext(r.Context())
	if r2.Header = r.Header.Clone(); r2.Header == nil {
		r2.Header = make(http.Header, len(kept))
	}
	for k := range kept {
		forward(r2.Header, kept, k, false)
	}
	return t.next.RoundTrip(r2)
}

// CloseIdleConnections makes [http.Client.CloseIdleConnections] reach next.
func (t *transport) CloseIdleConnections() {
	if next, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		next.CloseIdleConnections()
	}
}
