package h1

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"time"
)

// The methods below are those that http.ResponseController looks for.

// FlushError writes what there is of the response.
func (w *response) FlushError() error {
	if err := w.mayWrite(0); err != nil {
		return err
	}
	w.commitHeld(nil)
	w.flushOut()
	return w.err
}

// Flush writes what there is of the response.
func (w *response) Flush() { _ = w.FlushError() }

// EnableFullDuplex leaves the body of the request alone when the response begins, so that
// the handler can read it while it writes.
func (w *response) EnableFullDuplex() error {
	w.fullDuplex = true
	return nil
}

// SetReadDeadline bounds the reading of the request's body. It has no effect once the body
// was read.
func (w *response) SetReadDeadline(t time.Time) error {
	switch {
	case w.hijacked || w.over.Load():
		return errHandlerReturned
	case w.x.body.complete.Load():
		return nil
	}
	w.deadlines = true
	return w.c.nc.SetReadDeadline(t)
}

// SetWriteDeadline bounds the writing of the response.
func (w *response) SetWriteDeadline(t time.Time) error {
	if w.hijacked || w.over.Load() {
		return errHandlerReturned
	}
	w.deadlines = true
	return w.c.nc.SetWriteDeadline(t)
}

// Hijack hands the connection over to the handler. The reader has what the client has sent
// already. The context of the request goes on until the handler returns or the server
// aborts it.
func (w *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	switch {
	case w.hijacked:
		return nil, nil, http.ErrHijacked
	case w.over.Load():
		return nil, nil, errHandlerReturned
	}
	w.forbidContinue()
	if w.committed || w.status != 0 {
		w.commitHeld(nil)
		if w.flushOut(); w.err != nil {
			return nil, nil, w.err
		}
	}
	if !w.x.body.detach() {
		return nil, nil, errors.New("h1: Hijack during a Read of the request's body")
	}
	c := w.c
	w.x.unwatched.Store(true)
	c.watch.stop()
	if err := c.nc.SetDeadline(time.Time{}); err != nil {
		return nil, nil, err
	}
	w.hijacked = true
	c.taken.Store(true)
	early := c.takeEarly()
	r := bufio.NewReaderSize(&earlyReader{early: early, nc: c.nc}, max(len(early), 4<<10))
	if len(early) > 0 {
		_, _ = r.Peek(len(early))
	}
	c.server.config.ConnState(c.nc, http.StateHijacked)
	return c.nc, bufio.NewReadWriter(r, bufio.NewWriter(c.nc)), nil
}

// earlyReader reads what the server has read too much, and then the connection.
type earlyReader struct {
	early []byte
	nc    net.Conn
}

func (r *earlyReader) Read(p []byte) (int, error) {
	if len(r.early) > 0 {
		n := copy(p, r.early)
		r.early = r.early[n:]
		return n, nil
	}
	return r.nc.Read(p)
}
