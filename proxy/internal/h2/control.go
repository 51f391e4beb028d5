package h2

import (
	"net/http"
	"strings"
	"time"

	"github.com/meshhop/meshhop/internal/h2wire"
)

// The methods below but ResetStream are those that http.ResponseController looks for.

// FlushError sends what there is of the response.
func (w *response) FlushError() error {
	if err := w.mayWrite(0); err != nil {
		return err
	}
	return w.send(nil, false)
}

// Flush sends what there is of the response.
func (w *response) Flush() { _ = w.FlushError() }

// EnableFullDuplex does nothing: a handler can always read while it writes.
func (w *response) EnableFullDuplex() error { return nil }

// SetReadDeadline bounds the reading of the request's body.
func (w *response) SetReadDeadline(t time.Time) error {
	if w.over.Load() {
		return errHandlerReturned
	}
	w.st.body.setDeadline(t)
	return nil
}

// SetWriteDeadline bounds the writing of the response. A response that has not ended by then
// is reset.
func (w *response) SetWriteDeadline(t time.Time) error {
	st := w.st
	st.c.mu.Lock()
	defer st.c.mu.Unlock()
	if w.over.Load() {
		return errHandlerReturned
	}
	if st.timer != nil {
		st.timer.Stop()
		st.timer = nil
	}
	st.expired = false
	if t.IsZero() {
		return nil
	}
	left := time.Until(t)
	if st.expired = left <= 0; st.expired {
		st.wake.Broadcast()
		return nil
	}
	var timer *time.Timer
	timer = time.AfterFunc(left, func() {
		st.c.mu.Lock()
		defer st.c.mu.Unlock()
		if st.timer == timer {
			st.expired = true
			st.wake.Broadcast()
		}
	})
	st.timer = timer
	return nil
}

// ResetStream ends the stream at once with a code of RFC 9113 section 7, such as 7 for
// REFUSED_STREAM or 8 for CANCEL. What is held of the response is dropped, what was flushed
// before may reach the client. The context of the request ends.
func (w *response) ResetStream(code uint32) error {
	if w.over.Load() {
		return errHandlerReturned
	}
	c := w.st.c
	c.mu.Lock()
	defer c.mu.Unlock()
	w.st.reset(h2wire.Code(code))
	c.startWriter()
	return nil
}

// sendInterim sends a 1xx response.
func (w *response) sendInterim(status int) {
	c := w.st.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if w.st.waitForRoom() != nil || w.st.headed {
		return
	}
	w.st.body.continued.Store(w.st.body.continued.Load() || status == http.StatusContinue)
	at := c.beginBlock()
	c.encode(":status", statusText(status))
	for name, values := range w.header {
		if name == "Content-Length" || strings.HasPrefix(name, http.TrailerPrefix) || !passes(name) {
			continue
		}
		for _, value := range values {
			c.encodeField(name, clean(value))
		}
	}
	c.finishBlock(at, w.st.id, false)
	c.startWriter()
}

// sendContinue sends 100 Continue, once, unless a final response has begun.
func (w *response) sendContinue() {
	if w.st.body.continued.Swap(true) {
		return
	}
	c := w.st.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if w.st.headed || w.st.gone != nil || w.over.Load() {
		return
	}
	at := c.beginBlock()
	c.encode(":status", "100")
	c.finishBlock(at, w.st.id, false)
	c.startWriter()
}
