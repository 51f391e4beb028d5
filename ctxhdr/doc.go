// Package ctxhdr carries the l5d-* headers of Linkerd 1.x through a service, and
// reads them.
//
// A hop cannot know which of the requests that a service makes belong to which of
// those that it serves. The service tells it by sending on every header that begins
// with l5d-ctx-. Without that a trace is cut in two, and overrides and deadlines are
// lost. Three lines of code do it:
//
//	srv := &http.Server{Handler: ctxhdr.Middleware(app)}
//	client := &http.Client{Transport: ctxhdr.Transport(nil)}
//	req, err := http.NewRequestWithContext(r.Context(), "GET", "http://world/", nil) // r is the request that app serves
//
// The deadline that a caller sends becomes that of the request's context, and the
// context's deadline becomes that of the requests which are made with it, so that work
// nobody waits for ends everywhere at once.
//
// Trace, Deadlines and DecodeErr read headers, and Clear removes those of strangers. A
// value that is malformed counts as absent: it never panics and never fails a request.
// Functions that take an [http.Header] find a name under its canonical and under its
// lower-case key.
//
// The package imports the standard library only.
package ctxhdr
