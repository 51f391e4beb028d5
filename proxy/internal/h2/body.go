package h2

import (
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2/hpack"

	"github.com/meshhop/meshhop/internal/h2wire"
)

// body is the body of a request. The connection's reader puts into it what arrives, of which
// there is never more than the window of the stream. Its lock may be taken while that of the
// connection is held, and not the other way round.
type body struct {
	st        *stream
	expected  bool        // the client waits for a response before it sends the body
	continued atomic.Bool // 100 Continue was sent
	mu        sync.Mutex
	wake      sync.Cond // on mu
	box       *[]byte   // in which buf goes back to the pool
	buf       []byte    // what has arrived: buf[r:]
	r         int
	left      int64 // that Content-Length says; -1: nothing is known
	quota     h2wire.Quota
	padding   int   // that has come since the last Read
	err       error // what follows buf; nil: more comes
	trailers  http.Header
	expired   bool // the read deadline has passed
	timer     *time.Timer
	closed    atomic.Bool // by the handler, or because it has returned
}

const pieceSize = 4 << 10 // of a buffer for bodies, at first

// arrive takes what DATA has brought. It returns how many bytes it has kept.
func (b *body) arrive(data []byte, padding int, end bool) (kept int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.quota.Take(len(data) + padding) {
		return 0, h2wire.StreamFails(h2wire.FlowControlError, "more data than the window of the stream")
	}
	if b.left >= 0 {
		if b.left -= int64(len(data)); b.left < 0 || end && b.left > 0 {
			return 0, h2wire.StreamFails(h2wire.ProtocolError, "another length than content-length")
		}
	}
	b.padding += padding
	if b.err != nil || b.closed.Load() {
		data = nil
	}
	if len(data) > 0 {
		b.put(data)
	}
	if end && b.err == nil {
		b.err = io.EOF
	}
	b.wake.Broadcast()
	return len(data), nil
}

func (b *body) put(data []byte) {
	if b.buf == nil {
		if box, ok := b.st.c.server.pieces.Get().(*[]byte); ok {
			b.buf, b.box = (*box)[:0], box
		} else {
			b.buf, b.box = make([]byte, 0, pieceSize), new([]byte)
		}
	}
	if b.r > 0 && len(b.buf)+len(data) > cap(b.buf) {
		b.buf = b.buf[:copy(b.buf, b.buf[b.r:])]
		b.r = 0
	}
	b.buf = append(b.buf, data...)
}

// addTrailers ends the body with a trailer section.
func (b *body) addTrailers(fields []hpack.HeaderField, names *names) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left > 0 {
		return h2wire.StreamFails(h2wire.ProtocolError, "less data than content-length")
	}
	if b.err == nil {
		b.trailers = make(http.Header, len(fields))
		addFields(b.trailers, fields, names, nil)
		b.err = io.EOF
	}
	b.wake.Broadcast()
	return nil
}

// fail ends the body early.
func (b *body) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.err = err
	}
	b.wake.Broadcast()
}

// Read returns the bytes that have arrived. It waits only if there are none. If the client
// waits for it, the first Read that has to wait sends 100 Continue.
func (b *body) Read(p []byte) (int, error) {
	n, update, err := b.read(p)
	if n > 0 {
		b.st.c.give(n)
	}
	if update > 0 {
		c := b.st.c
		c.mu.Lock()
		if b.st.gone == nil && !b.st.remoteEnded {
			c.update(b.st.id, update)
		}
		c.mu.Unlock()
	}
	return n, err
}

func (b *body) read(p []byte) (n int, update uint32, err error) {
	if b.expected {
		b.st.w.sendContinue()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		switch {
		case b.closed.Load():
			return 0, 0, http.ErrBodyReadAfterClose
		case len(p) == 0:
			return 0, 0, nil
		case b.r < len(b.buf):
			n = copy(p, b.buf[b.r:])
			if b.r += n; b.r == len(b.buf) {
				b.empty()
			}
			update = b.quota.Give(n + b.padding)
			b.padding = 0
			return n, update, b.ended()
		case b.err != nil:
			return 0, 0, b.ended()
		case b.expired:
			return 0, 0, os.ErrDeadlineExceeded
		}
		b.wake.Wait()
	}
}

// ended returns the error that follows what was read, if nothing more is buffered.
func (b *body) ended() error {
	if b.r < len(b.buf) {
		return nil
	}
	if b.err == io.EOF && b.trailers != nil {
		for name, values := range b.trailers {
			if name != "Content-Length" && name != "Transfer-Encoding" && name != "Trailer" {
				b.st.announce(name)
				b.st.req.Trailer[name] = values
			}
		}
		b.trailers = nil
	}
	return b.err
}

// empty gives the buffer back.
func (b *body) empty() {
	if b.box != nil && cap(b.buf) <= keepSize {
		*b.box = b.buf[:0]
		b.st.c.server.pieces.Put(b.box)
	}
	b.buf, b.box, b.r = nil, nil, 0
}

// Close ends the use of the body. What still arrives is dropped.
func (b *body) Close() error {
	b.retire()
	return nil
}

// retire drops what was not read.
func (b *body) retire() {
	if b.closed.Swap(true) {
		return
	}
	b.mu.Lock()
	unread := len(b.buf) - b.r
	b.empty()
	if b.timer != nil {
		b.timer.Stop()
	}
	b.wake.Broadcast()
	b.mu.Unlock()
	b.st.c.give(unread)
}

// setDeadline makes a Read that waits fail at a time. The zero time means never.
func (b *body) setDeadline(t time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
	b.expired = false
	if t.IsZero() {
		return
	}
	left := time.Until(t)
	if b.expired = left <= 0; b.expired {
		b.wake.Broadcast()
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(left, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.timer == timer {
			b.expired = true
			b.wake.Broadcast()
		}
	})
	b.timer = timer
}
