// Package ctxhdr is the l5d-* headers that Linkerd 1.x and its compatible
// hops put on HTTP requests and responses: their names, what their values mean,
// and what a service between two hops has to do with them.
//
// # In a service
//
// A hop cannot know which of the requests that a service makes belongs to which
// of those that it answers. The service says so by sending every header that
// begins with l5d-ctx- on. Without that a trace falls apart, and overrides and
// deadlines are lost. Three lines of code do it:
//
//	srv := &http.Server{Handler: ctxhdr.Middleware(app)}
//	client := &http.Client{Transport: ctxhdr.Transport(nil)}
//	req, err := http.NewRequestWithContext(r.Context(), "GET", "http://world/", nil) // r is the request that app answers
//
// The deadline that a caller sends becomes that of the request's context, and
// the context's deadline that of the requests which are made with it: work that
// nobody waits for ends everywhere at once.
//
// The package imports the standard library only.
//
// # In a hop
//
// Trace, Deadlines, DtabTexts and Sample read an incoming request; SetTrace,
// SetDeadline and SetDtab write an outgoing one; Clear drops what strangers
// claim; EncodeErr says why there is no answer.
//
// Header values come from anywhere. A value that is malformed counts as absent,
// never panics and never fails a request. The functions that take an
// [http.Header] find a name under its canonical and under its lower-case key,
// and except where noted write the canonical one.
package ctxhdr
