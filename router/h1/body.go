package h1

import (
	"errors"
	"io"
	"math"
	"net/http"
	"sync/atomic"
)

// body is the body of an answer. Reading it is reading the connection. It is
// used by one goroutine at a time, but Close may come at any time.
type body struct {
	c         *conn // not ours after the state is ended or closed
	resp      *http.Response
	state     atomic.Uint32
	reuse     bool // the connection may be kept after the end
	piecemeal bool // it is no longer left to the writer's ReadFrom
	kind      uint8
	left      int64 // bytes until the end, or of the current chunk
	chunk     chunkState
	err       error // what Read says once the state is ended
}

// Kinds of framing.
const (
	counted = iota
	chunked
	untilClose
)

// States of a body.
const (
	resting = iota
	busy    // a Read or WriteTo is under way
	ended   // the exchange is over
	closing // Close came during a Read, which is to end the exchange
	closed
)

const (
	// directRead is from how many bytes on a read goes past the buffer.
	directRead = 4 << 10
	// spliceFrom is from how many bytes on a run of a body is left to the
	// reader's ReadFrom, with which the kernel may move it.
	spliceFrom = 64 << 10
)

var (
	// errNoFill says that reading on would have meant to wait.
	errNoFill = errors.New("nothing buffered")
	// errConcurrent is a caller's mistake.
	errConcurrent = errors.New("h1: the response body is being read by another goroutine")
)

// enter begins an operation, or says why there is none.
func (b *body) enter() error {
	if b.state.CompareAndSwap(resting, busy) {
		return nil
	}
	switch b.state.Load() {
	case busy:
		return errConcurrent
	case ended:
		return b.err
	default:
		return http.ErrBodyReadAfterClose
	}
}

// leave ends an operation; any error is the end of the exchange.
func (b *body) leave(err error) error {
	if err == nil {
		if b.state.CompareAndSwap(busy, resting) {
			return nil
		}
		err = http.ErrBodyReadAfterClose
	}
	b.err = err
	if b.state.CompareAndSwap(busy, ended) {
		b.c.finish(err == io.EOF && b.reuse)
		return err
	}
	b.c.finish(false)
	b.state.Store(closed)
	if err == io.EOF {
		return err
	}
	return http.ErrBodyReadAfterClose
}

// Read reads what there is and waits only if there is nothing.
func (b *body) Read(p []byte) (int, error) {
	if err := b.enter(); err != nil {
		return 0, err
	}
	n, err := b.read(p)
	return n, b.leave(err)
}

func (b *body) read(p []byte) (total int, err error) {
	c := b.c
	for total < len(p) {
		c.noFill = total > 0
		left, err := b.run()
		if err != nil {
			return total, b.unlessWaiting(err)
		}
		q := p[total:]
		if int64(len(q)) > left {
			q = q[:left]
		}
		n := copy(q, c.buffered())
		c.r += n
		if n == 0 {
			if total > 0 {
				break
			}
			if n, err = b.receive(q, left); err != nil {
				return total, err
			}
		}
		b.took(n)
		total += n
	}
	if total > 0 && b.kind != untilClose {
		// The end may be here already: telling it now spares a Read, and
		// the connection is free sooner.
		c.noFill = true
		_, err = b.run()
	}
	return total, b.unlessWaiting(err)
}

// unlessWaiting drops errNoFill: something was read, more may come.
func (b *body) unlessWaiting(err error) error {
	b.c.noFill = false
	if err == errNoFill {
		return nil
	}
	return err
}

// receive reads from the connection, where left bytes of a run are to come and
// nothing is buffered: into q if that is large, and otherwise by way of the
// buffer.
func (b *body) receive(q []byte, left int64) (n int, err error) {
	c := b.c
	if len(q) >= directRead {
		n, err = c.read(q[:min(int64(len(q)), c.exact(left))])
	} else if _, err = c.fill(0); err == nil {
		n = copy(q, c.buffered())
		c.r += n
	}
	return n, b.broken(err)
}

// run says how many bytes of the body come next on the wire, at least one; or
// io.EOF if none do.
func (b *body) run() (int64, error) {
	switch {
	case b.kind == untilClose:
		return math.MaxInt64, nil
	case b.left > 0:
		return b.left, nil
	case b.kind == counted:
		return 0, io.EOF
	default:
		err := b.nextChunk()
		return b.left, err
	}
}

func (b *body) took(n int) {
	if b.kind != untilClose {
		b.left -= int64(n)
	}
}

// broken is the error of a read as the caller of Read sees it.
func (b *body) broken(err error) error {
	switch {
	case err == nil || err == errNoFill:
		return err
	case err == io.EOF && b.kind == untilClose:
		return err
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	if f := b.c.sendFailure(); f != nil && f.op == OpBody && b.c.watch.ctx.Err() == nil {
		return b.c.failure(f.op, f.err)
	}
	op := OpAnswer
	if errors.Is(err, ErrMalformed) || errors.Is(err, ErrTooLarge) {
		op = OpParse
	}
	return b.c.failure(op, err)
}

// Close ends the exchange. The connection is kept if the rest of the body is
// here already; otherwise it is closed, also under a Read that waits.
func (b *body) Close() error {
	for {
		switch state := b.state.Load(); state {
		case resting:
			if b.state.CompareAndSwap(resting, closed) {
				b.c.finish(b.reuse && b.drain())
				return nil
			}
		case busy:
			if b.state.CompareAndSwap(busy, closing) {
				b.c.nc.Close()
				return nil
			}
		default:
			if state != ended || b.state.CompareAndSwap(ended, closed) {
				return nil
			}
		}
	}
}

// drain skips what is buffered and says whether it was all.
func (b *body) drain() bool {
	c := b.c
	c.noFill = true
	for {
		left, err := b.run()
		n := int(min(left, int64(len(c.buffered()))))
		if err != nil || n == 0 {
			return err == io.EOF
		}
		c.r += n
		b.took(n)
	}
}
