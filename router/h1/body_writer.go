package h1

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/internal/relay"
)

// bodyWriter writes the streamed body of a request in a goroutine, so that the response can
// come while the request is still being written. The goroutine ends when the body is
// written, or when the connection is closed; if it is in the body's Read then, when that
// returns.
type bodyWriter struct {
	nc      net.Conn
	body    io.ReadCloser
	length  int64 // -1: chunked
	trailer http.Header
	x       *relay.Exchange // may be nil
	account *account
	pool    *pool
	buf     *[bulkSize]byte

	state   atomic.Uint32
	closed  atomic.Bool                 // the body was closed
	failure atomic.Pointer[sendFailure] // set before the state is writeFailed
	done    chan struct{}
}

// sendFailure is the reason why a body was not written.
type sendFailure struct {
	op  string // relay.OpBody or relay.OpWrite
	err error
}

// States of a body writer.
const (
	sending     = iota
	finishing   // in the last write, which the peer may have seen already
	sent        // the request was written
	writeFailed // failure says why
	abandoned   // the exchange has ended
)

// lastWriteWait bounds how long the end of a response waits for the last write of the
// request to return.
const lastWriteWait = 50 * time.Millisecond

// startBodyWriter starts to write the body.
func (c *conn) startBodyWriter(p *outgoing, body io.ReadCloser) {
	w := &bodyWriter{
		nc: c.nc, account: &c.account, pool: &c.transport.pool, body: body, length: p.length, trailer: p.trailer, x: p.x,
		buf: c.transport.getBulk(), done: make(chan struct{}),
	}
	c.writer = w
	t := c.transport
	go func() {
		w.run()
		t.bulk.Put(w.buf)
		w.closeBody()
		close(w.done)
	}()
}

func (w *bodyWriter) run() {
	write := w.writeCounted
	if w.length == -1 {
		write = w.writeChunked
	}
	f := write()
	if f == nil && w.state.CompareAndSwap(finishing, sent) {
		w.x.Wrote()
		return
	}
	if f == nil {
		return // abandoned
	}
	w.failure.Store(f)
	if !w.state.CompareAndSwap(sending, writeFailed) && !w.state.CompareAndSwap(finishing, writeFailed) {
		return
	}
	if f.op == relay.OpBody {
		w.nc.Close() // the request is incomplete and cannot be completed
		return
	}
	_ = w.nc.SetReadDeadline(time.Now()) // wakes the reader, see conn.limitFailedWrite
}

// write writes and counts.
func (w *bodyWriter) write(p []byte) error {
	n, err := w.nc.Write(p)
	w.account.Wrote(n)
	w.pool.tellSome(w.account)
	return err
}

// failed reports whether the body could not be written.
func (w *bodyWriter) failed() bool { return w.failure.Load() != nil }

func (w *bodyWriter) writeCounted() *sendFailure {
	for left := w.length; ; {
		// Room for one byte more than declared shows a body that is too long.
		n, err := w.read(w.buf[:min(left, bulkSize-1)+1])
		if int64(n) > left {
			return &sendFailure{relay.OpBody, tooLong(w.length)}
		}
		left -= int64(n)
		if err != nil && err != io.EOF {
			return &sendFailure{relay.OpBody, err}
		}
		if left == 0 && !w.state.CompareAndSwap(sending, finishing) {
			return nil
		}
		if err := w.write(w.buf[:n]); err != nil {
			return &sendFailure{relay.OpWrite, err}
		}
		if left == 0 {
			return nil
		}
		if err != nil {
			return &sendFailure{relay.OpBody, tooShort(w.length)}
		}
	}
}

const (
	chunkHead = 10 // up to eight digits and CRLF, before the data
	chunkTail = 2 + 3 + 2
)

// writeChunked writes a chunk for each Read of the body. The last chunk and the end of the
// body go out in one write.
func (w *bodyWriter) writeChunked() *sendFailure {
	for {
		n, err := w.read(w.buf[chunkHead : bulkSize-chunkTail])
		if err != nil && err != io.EOF {
			return &sendFailure{relay.OpBody, err}
		}
		last := err == io.EOF
		start, end := chunkHead, chunkHead
		if n > 0 {
			var digits [8]byte
			size := append(strconv.AppendInt(digits[:0], int64(n), 16), "\r\n"...)
			start -= len(size)
			copy(w.buf[start:], size)
			end += n + copy(w.buf[chunkHead+n:], "\r\n")
		}
		out := w.buf[start:end]
		if last {
			if out, err = appendTrailer(append(out, "0\r\n"...), w.trailer); err != nil {
				return &sendFailure{relay.OpBody, err}
			}
			if !w.state.CompareAndSwap(sending, finishing) {
				return nil
			}
		}
		if err := w.write(out); err != nil {
			return &sendFailure{relay.OpWrite, err}
		}
		if last {
			return nil
		}
	}
}

// appendTrailer appends the trailer section with its empty line. It checks the names again,
// because the body may have added some.
func appendTrailer(out []byte, trailer http.Header) ([]byte, error) {
	var err error
	for name, values := range trailer {
		if h1wire.FramesMessage(name) {
			return nil, invalid("trailer name %q", name)
		}
		for _, value := range values {
			if out, err = appendField(out, name, value); err != nil {
				return nil, err
			}
		}
	}
	return append(out, "\r\n"...), nil
}

// read reads from the body, at least one byte or an error.
func (w *bodyWriter) read(p []byte) (int, error) {
	for range 100 {
		if n, err := w.body.Read(p); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

// stop is called once, at the end of the exchange. It reports whether the request was
// written. With wait it waits for the last write to return.
func (w *bodyWriter) stop(wait bool) bool {
	for {
		state := w.state.Load()
		switch {
		case state == writeFailed || state == abandoned:
			return false
		case state == sent || state == finishing && wait:
			if !w.await(state) {
				return false
			}
		case w.state.CompareAndSwap(state, abandoned):
			if state == sending {
				// The goroutine may be in the body's Read. Close ends the Read of
				// a pipe, but it waits for the Read of a request that is being
				// served.
				go w.closeBody()
			}
			return false
		}
		if w.state.Load() == sent {
			return true
		}
	}
}

// await waits for the goroutine to end, for lastWriteWait at most.
func (w *bodyWriter) await(state uint32) bool {
	select {
	case <-w.done:
		return true
	default:
	}
	timer := time.NewTimer(lastWriteWait)
	defer timer.Stop()
	select {
	case <-w.done:
		return true
	case <-timer.C:
		w.state.CompareAndSwap(state, abandoned)
		return false
	}
}

func (w *bodyWriter) closeBody() {
	if !w.closed.Swap(true) {
		w.body.Close()
	}
}
