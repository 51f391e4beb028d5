package h2

import (
	"fmt"
	"net/http"
	"sync/atomic"

	"golang.org/x/net/http2/hpack"

	"github.com/meshhop/meshhop/internal/h2wire"
	"github.com/meshhop/meshhop/internal/httpx"
)

// response is the http.ResponseWriter of a request. A body is held back up to holdSize, so
// that a small one leaves with its header section and its trailers in one write.
type response struct {
	st     *stream
	header http.Header
	status int // 0: not decided
	toHead bool

	said     saidByHandler
	length   int64 // of the body, as the handler has said; -1: it has not
	written  int64
	trailers []string // names of declared trailers
	*scratch          // nil: nothing is held
	over     atomic.Bool
}

// scratch is what a response holds before it leaves.
type scratch struct {
	fields []hpack.HeaderField // of the header section
	held   []byte              // of the body
}

const holdSize = 4 << 10

// saidByHandler is what the handler's header says of fields that are written later.
type saidByHandler struct {
	contentType, contentEncoding, date, length, trailers bool
}

func (w *response) need() {
	if w.scratch != nil {
		return
	}
	if held, ok := w.st.c.server.scratch.Get().(*scratch); ok {
		w.scratch = held
		return
	}
	w.scratch = &scratch{fields: make([]hpack.HeaderField, 0, 16), held: make([]byte, 0, holdSize)}
}

// release gives back what is held.
func (w *response) release() {
	if w.scratch != nil && cap(w.fields) <= 256 {
		clear(w.fields)
		w.fields, w.held = w.fields[:0], w.held[:0]
		w.st.c.server.scratch.Put(w.scratch)
	}
	w.scratch = nil
}

// Header returns the header of the response. Changes after WriteHeader have no effect but
// on trailers.
func (w *response) Header() http.Header {
	if w.header == nil {
		w.header = make(http.Header)
	}
	return w.header
}

// WriteHeader decides the status. A status of 1xx is sent at once, and another one may
// follow; 101 does not exist in HTTP/2.
func (w *response) WriteHeader(status int) {
	switch {
	case w.over.Load():
		w.mistake("WriteHeader after the end of the request")
		return
	case w.status != 0:
		w.mistake(fmt.Sprintf("superfluous WriteHeader(%d) after %d", status, w.status))
		return
	case status < 100 || status > 999:
		panic(fmt.Sprintf("invalid WriteHeader code %v", status))
	case status == http.StatusSwitchingProtocols:
		w.mistake("status 101 in HTTP/2")
		status = http.StatusInternalServerError
	case status < 200:
		w.sendInterim(status)
		return
	}
	w.status = status
	w.collect()
}

// mistake tells the log of a handler's mistake.
func (w *response) mistake(what string) { w.st.c.server.tell("mistake of a handler: " + what) }

// Write writes a part of the body.
func (w *response) Write(p []byte) (int, error) {
	if err := w.mayWrite(int64(len(p))); err != nil || len(p) == 0 {
		return 0, err
	}
	w.written += int64(len(p))
	w.need()
	if len(w.held)+len(p) <= holdSize {
		w.held = append(w.held, p...)
		return len(p), nil
	}
	if err := w.send(p, false); err != nil {
		return 0, err
	}
	return len(p), nil
}

// WriteString writes a part of the body.
func (w *response) WriteString(s string) (int, error) {
	if err := w.mayWrite(int64(len(s))); err != nil || len(s) == 0 {
		return 0, err
	}
	if w.need(); len(w.held)+len(s) > holdSize {
		return w.Write([]byte(s))
	}
	w.written += int64(len(s))
	w.held = append(w.held, s...)
	return len(s), nil
}

// mayWrite decides the status if nobody has, and reports whether n bytes of a body may
// follow.
func (w *response) mayWrite(n int64) error {
	if w.over.Load() {
		return errHandlerReturned
	}
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	switch {
	case n == 0:
		return nil
	case !httpx.BodyAllowed(w.status):
		return http.ErrBodyNotAllowed
	case w.length >= 0 && w.written+n > w.length:
		return http.ErrContentLength
	}
	return nil
}

// finish ends the response after the handler has returned.
func (w *response) finish() {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.length >= 0 && w.written != w.length && !w.toHead && httpx.BodyAllowed(w.status) {
		_ = w.ResetStream(uint32(h2wire.InternalError)) // the client waits for more
		return
	}
	_ = w.send(nil, true)
}
