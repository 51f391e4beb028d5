package router

import (
	"io"
	"net/http"
)

// sentBody is a request's body, as attempts send it.
type sentBody struct {
	replay *replay // nil: there is no body, or GetBody makes a new one
	taken  bool    // it is here that the body is closed
	handed bool    // a transport has the request's own body, and closes it
}

// begin takes the body over.
func (b *sentBody) begin(out *http.Request, keep int, pool *bodyPool) {
	b.taken = true
	if from := out.Body; from != nil && from != http.NoBody && out.GetBody == nil {
		b.replay = newReplay(from, out.ContentLength, max(keep, 0), pool)
		b.replay.carry(out.Trailer)
	}
}

// end releases the body. A transport may still be reading the one that it was given,
// if there is a response.
func (b *sentBody) end(out *http.Request, failed bool) {
	switch {
	case b.replay != nil:
		b.replay.finish(failed)
	case !b.handed:
		closeBody(out)
	}
}

// next returns the body for the next attempt.
func (b *sentBody) next(out *http.Request) (io.ReadCloser, error) {
	switch {
	case b.replay != nil:
		return b.replay.view(), nil
	case b.handed && out.GetBody != nil:
		return out.GetBody()
	}
	b.handed = true
	return out.Body, nil
}

// problem returns why the body cannot be sent again, or "" if it can.
func (b *sentBody) problem() string {
	if b.replay == nil {
		return ""
	}
	return b.replay.problem()
}

// ended reports whether the body has been read to its end, or as far as the length that it
// has; true where GetBody makes a new one for each attempt.
func (b *sentBody) ended(out *http.Request) bool {
	if b.replay == nil {
		return true
	}
	b.replay.mu.Lock()
	defer b.replay.mu.Unlock()
	v := b.replay.current
	return b.replay.end == io.EOF || v != nil && out.ContentLength >= 0 && v.passed >= out.ContentLength
}

// takeBack stops the current attempt from reading the body. It returns why there
// can be no further attempt, or "".
func (b *sentBody) takeBack() string {
	if b.replay == nil {
		return ""
	}
	return b.replay.takeBack()
}

// passed is how many bytes of it the current attempt has read; 0 where GetBody makes a new
// one for each.
func (b *sentBody) passed() int64 {
	if b.replay == nil {
		return 0
	}
	b.replay.mu.Lock()
	defer b.replay.mu.Unlock()
	if b.replay.current == nil {
		return 0
	}
	return b.replay.current.passed
}

// kept reports whether the body is kept for sending it again: it must have a known
// and moderate length.
func (b *sentBody) kept(out *http.Request) bool {
	return out.ContentLength > 0 && (b.replay != nil && b.replay.limit > 0 || out.GetBody != nil)
}
