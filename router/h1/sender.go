package h1

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/wire"
)

// sender writes a request's streamed body, from a goroutine of its own, so
// that an answer can come while the request still goes out. The goroutine ends
// when the body is written, when the connection is closed under it, or, if it
// is in the body's Read then, when that returns.
type sender struct {
	nc      net.Conn
	body    io.ReadCloser
	length  int64 // -1: chunked
	trailer http.Header
	x       *wire.Exchange // may be nil
	buf     *[bulkSize]byte

	state   atomic.Uint32
	closed  atomic.Bool                 // the body
	failure atomic.Pointer[sendFailure] // set before the state is failed
	done    chan struct{}
}

// sendFailure is why a body was not written.
type sendFailure struct {
	op  string // OpBody or OpWrite
	err error
}

// States of a sender.
const (
	sending   = iota
	finishing // in the last write: an answer that is complete now need not be early
	sent
	failed
	abandoned // nobody waits for it any more
)

// settleWait bounds how long a complete answer waits for the last write of its
// request, which the peer has seen, to return.
const settleWait = 50 * time.Millisecond

// startSender hands the body to a sender.
func (c *conn) startSender(p *plan, body io.ReadCloser) {
	s := &sender{
		nc: c.nc, body: body, length: p.length, trailer: p.trailer, x: p.x,
		buf: c.transport.getBulk(), done: make(chan struct{}),
	}
	c.sender = s
	t := c.transport
	go func() {
		s.run()
		t.bulk.Put(s.buf)
		s.closeBody()
		close(s.done)
	}()
}

func (s *sender) run() {
	write := s.writeCounted
	if s.length < 0 {
		write = s.writeChunked
	}
	f := write()
	if f == nil && s.state.CompareAndSwap(finishing, sent) {
		s.x.Wrote()
		return
	}
	if f == nil {
		return // abandoned
	}
	s.failure.Store(f)
	if !s.state.CompareAndSwap(sending, failed) && !s.state.CompareAndSwap(finishing, failed) {
		return
	}
	if f.op == OpBody {
		s.nc.Close() // what was written is no request: nothing can come of it
		return
	}
	_ = s.nc.SetReadDeadline(time.Now()) // wakes the reader, see conn.failing
}

// broken says whether the connection does not take the body.
func (s *sender) broken() bool { return s.failure.Load() != nil }

func (s *sender) writeCounted() *sendFailure {
	for left := s.length; ; {
		// Room for one byte more than may come shows a body that is too long.
		n, err := s.read(s.buf[:min(left, bulkSize-1)+1])
		if int64(n) > left {
			return &sendFailure{OpBody, wrongLength(true, s.length)}
		}
		left -= int64(n)
		if err != nil && err != io.EOF {
			return &sendFailure{OpBody, err}
		}
		if left == 0 && !s.state.CompareAndSwap(sending, finishing) {
			return nil
		}
		if _, err := s.nc.Write(s.buf[:n]); err != nil {
			return &sendFailure{OpWrite, err}
		}
		if left == 0 {
			return nil
		}
		if err != nil {
			return &sendFailure{OpBody, wrongLength(false, s.length)}
		}
	}
}

const (
	chunkHead = 10 // up to eight digits and CRLF, in front of the data
	chunkTail = 2 + 3 + 2
)

// writeChunked writes a chunk for each piece that the body gives, the last one
// together with what ends the body.
func (s *sender) writeChunked() *sendFailure {
	for {
		n, err := s.read(s.buf[chunkHead : bulkSize-chunkTail])
		if err != nil && err != io.EOF {
			return &sendFailure{OpBody, err}
		}
		last := err == io.EOF
		start, end := chunkHead, chunkHead
		if n > 0 {
			var digits [8]byte
			size := append(strconv.AppendInt(digits[:0], int64(n), 16), "\r\n"...)
			start -= len(size)
			copy(s.buf[start:], size)
			end += n + copy(s.buf[chunkHead+n:], "\r\n")
		}
		out := s.buf[start:end]
		if last {
			if out, err = appendTrailer(append(out, "0\r\n"...), s.trailer); err != nil {
				return &sendFailure{OpBody, err}
			}
			if !s.state.CompareAndSwap(sending, finishing) {
				return nil
			}
		}
		if _, err := s.nc.Write(out); err != nil {
			return &sendFailure{OpWrite, err}
		}
		if last {
			return nil
		}
	}
}

// appendTrailer appends the trailer section with its empty line. The names
// were checked when they were announced; a name that came later is not sent.
func appendTrailer(out []byte, trailer http.Header) ([]byte, error) {
	var err error
	for name, values := range trailer {
		if framesMessage(name) {
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

// read reads from the body: some bytes or an error.
func (s *sender) read(p []byte) (int, error) {
	for range 100 {
		if n, err := s.body.Read(p); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

// settle is called once, when the answer is over; it says whether the request
// is, too. Unless wait is true its last write is not waited for.
func (s *sender) settle(wait bool) bool {
	for {
		state := s.state.Load()
		switch {
		case state == failed || state == abandoned:
			return false
		case state == sent || state == finishing && wait:
			if !s.await(state) {
				return false
			}
		case s.state.CompareAndSwap(state, abandoned):
			if state == sending {
				// It may be in the body's Read, and Close is what ends the
				// Read of a pipe; that of a request being served waits for it.
				go s.closeBody()
			}
			return false
		}
		if s.state.Load() == sent {
			return true
		}
	}
}

// await waits for the goroutine to end, for a moment.
func (s *sender) await(state uint32) bool {
	select {
	case <-s.done:
		return true
	default:
	}
	timer := time.NewTimer(settleWait)
	defer timer.Stop()
	select {
	case <-s.done:
		return true
	case <-timer.C:
		s.state.CompareAndSwap(state, abandoned)
		return false
	}
}

func (s *sender) closeBody() {
	if !s.closed.Swap(true) {
		s.body.Close()
	}
}
