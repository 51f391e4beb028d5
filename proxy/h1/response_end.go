package h1

import (
	"net/http"
	"strings"

	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/internal/httpx"
)

// finish ends the response after the handler has returned.
func (w *response) finish() {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.committed {
		w.commit(true)
	}
	w.commitHeld(nil)
	if w.chunked {
		w.c.out = w.appendTrailers(append(w.c.out, "0\r\n"...))
	}
	w.flushOut()
	if !w.toHead && w.length >= 0 && w.written != w.length && httpx.BodyAllowed(w.status) {
		w.close = true // the client waits for more
	}
}

// appendTrailers appends the trailer section: the declared fields, and those whose names
// have http.TrailerPrefix.
func (w *response) appendTrailers(out []byte) []byte {
	for _, name := range w.trailers {
		for _, value := range w.header[name] {
			out = appendField(out, name, value)
		}
	}
	for key, values := range w.header {
		if name, ok := strings.CutPrefix(key, http.TrailerPrefix); ok && !h1wire.FramesMessage(name) {
			for _, value := range values {
				out = appendField(out, name, value)
			}
		}
	}
	return append(out, "\r\n"...)
}

// abort ends the response of a handler that panicked. What it has flushed, or written
// beyond what is held back, reaches the client; the connection says that it is not all.
func (w *response) abort() {
	if w.committed {
		w.flushOut()
	}
}
