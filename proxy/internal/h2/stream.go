package h2

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/meshhop/meshhop/internal/h2wire"
)

// stream is a request and its response. It is one allocation. The handler may keep the
// request, so that it is not used again.
type stream struct {
	c       *conn
	id      uint32
	refusal error // why the handler does not get it; nil: it does
	req     http.Request
	ctx     requestContext
	body    body
	w       response

	// Under conn.mu.
	window      h2wire.Window
	pending     []byte // data that is to be sent, of a handler that waits for it
	pendingEnd  bool   // END_STREAM goes with it
	queued      bool
	waits       bool // for out to become shorter
	headed      bool // the final HEADERS are in out
	ended       bool // END_STREAM is in out
	remoteEnded bool // the peer has sent END_STREAM
	expired     bool // the write deadline has passed
	gone        error
	next        *stream // in the queue
	before      *stream
	wake        sync.Cond // of the handler that waits
	timer       *time.Timer

	url    url.URL
	values [12]string // of the header, if it is short
}

func newStream(c *conn, id uint32) *stream {
	st := &stream{c: c, id: id}
	st.ctx.st, st.body.st, st.w.st = st, st, st
	st.wake.L, st.body.wake.L = &c.mu, &st.body.mu
	st.body.quota = h2wire.NewQuota(c.server.config.StreamWindow)
	st.w.length, st.body.left = -1, -1
	return st
}

// serve serves the request.
func (st *stream) serve() {
	writer := st.handle()
	if writer {
		st.c.write()
	}
}

// handle calls the handler. It reports whether the caller has to write.
func (st *stream) handle() (writer bool) {
	defer func() {
		if failure := recover(); failure != nil {
			if failure != http.ErrAbortHandler {
				st.tellPanic(failure)
			}
			_ = st.w.ResetStream(uint32(h2wire.InternalError))
		}
		writer = st.done()
	}()
	if st.refusal != nil {
		st.refuse()
	} else {
		st.c.server.config.Handler.ServeHTTP(&st.w, &st.req)
	}
	st.w.finish()
	return
}

func (st *stream) tellPanic(failure any) {
	stack := make([]byte, 64<<10)
	stack = stack[:runtime.Stack(stack, false)]
	st.c.server.tell("panic of a handler", slog.String("client", st.c.remote), slog.Any("panic", failure), slog.String("stack", string(stack)))
}

// refuse has Config.Refuse answer, or answers by itself.
func (st *stream) refuse() {
	status := http.StatusBadRequest
	var r *refusal
	if errors.As(st.refusal, &r) {
		status = r.status
	}
	if f := st.c.server.config.Refuse; f != nil {
		f(&st.w, &st.req, status, st.refusal)
	}
	if st.w.status == 0 && !isStreamError(st.refusal) {
		st.w.Header()["Content-Type"] = []string{"text/plain; charset=utf-8"}
		st.w.WriteHeader(status)
		_, _ = io.WriteString(&st.w, strconv.Itoa(status)+" "+http.StatusText(status))
	}
}

// done ends the use of a stream whose handler has returned.
func (st *stream) done() (writer bool) {
	c := st.c
	st.w.over.Store(true)
	st.body.retire()
	st.ctx.cancel(context.Canceled)
	if st.req.MultipartForm != nil {
		_ = st.req.MultipartForm.RemoveAll()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if st.timer != nil {
		st.timer.Stop()
	}
	st.closeIfEnded()
	switch {
	case st.gone != nil:
	case st.ended:
		st.reset(h2wire.NoError) // the peer need not send the rest (RFC 9113 section 8.1)
	default:
		st.reset(h2wire.InternalError)
	}
	st.w.release()
	if c.handlers--; c.handlers == 0 && c.closed {
		c.settled.Broadcast()
	}
	return c.takeWriter()
}

// errComplete is why a stream is no more that has ended on both sides.
var errComplete = errors.New("h2: the stream has ended")

// closeIfEnded closes the stream if it has ended on both sides, with conn.mu held.
func (st *stream) closeIfEnded() {
	if st.ended && st.remoteEnded && st.gone == nil {
		st.gone = errComplete
		st.c.earn(forResponse)
		st.remove()
	}
}

// remove takes the stream from those that are open, with conn.mu held.
func (st *stream) remove() {
	delete(st.c.streams, st.id)
	st.c.changed()
	st.c.endIfGone()
}

// reset resets the stream, with conn.mu held.
func (st *stream) reset(code h2wire.Code) {
	if st.gone != nil {
		return
	}
	st.c.appendReset(st.id, code)
	st.lose(&h2wire.ResetError{Code: code, Local: true})
}

// appendReset appends RST_STREAM, with c.mu held.
func (c *conn) appendReset(id uint32, code h2wire.Code) {
	c.room()
	c.out = h2wire.AppendReset(c.out, id, code)
	c.recently[c.resets%len(c.recently)] = id
	c.resets++
}

// lose ends a stream that was reset, or whose connection has ended, with conn.mu held.
func (st *stream) lose(err error) {
	if st.gone != nil {
		return
	}
	st.gone, st.pending = err, nil
	st.c.queue.remove(st)
	st.wake.Broadcast()
	st.body.fail(err)
	st.ctx.cancel(err)
	st.remove()
}
