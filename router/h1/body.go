package h1

import (
	"errors"
	"io"
	"math"
	"net/http"
	"sync/atomic"

	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/internal/relay"
)

// body is the body of a response. Reading it reads the connection. One goroutine at a time
// may use it, except that Close may be called at any time.
type body struct {
	c        *conn // not ours once the state is ended or closed
	resp     *http.Response
	state    atomic.Uint32
	reuse    bool // the connection may be kept after the end
	noSplice bool // the writer's ReadFrom is no longer used
	kind     uint8
	left     int64 // bytes until the end, or of the current chunk
	chunk    h1wire.Chunks
	err      error // what Read returns once the state is ended
}

// Kinds of framing.
const (
	counted = iota
	chunked
	untilClose
)

// States of a body.
const (
	inactive = iota
	busy     // a Read or WriteTo is under way
	ended    // the exchange is over
	closing  // Close was called during a Read, which ends the exchange then
	closed
)

const (
	// minDirectRead is the size of a caller's buffer from which on a read bypasses the
	// connection's buffer.
	minDirectRead = 4 << 10
	// minSplice is the number of bytes to come from which on WriteTo uses the writer's
	// ReadFrom, so that the kernel can move them.
	minSplice = 64 << 10
)

var (
	// errNoFill means that a read would have had to wait.
	errNoFill = errors.New("nothing buffered")
	// errConcurrent reports a mistake of the caller.
	errConcurrent = errors.New("h1: the response body is being read by another goroutine")
)

// acquire starts an operation. It returns an error if there can be none.
func (b *body) acquire() error {
	if b.state.CompareAndSwap(inactive, busy) {
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

// release ends an operation. Any error ends the exchange.
func (b *body) release(err error) error {
	if err == nil {
		if b.state.CompareAndSwap(busy, inactive) {
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

// Read returns the bytes that have arrived. It waits only if there are none.
func (b *body) Read(p []byte) (int, error) {
	if err := b.acquire(); err != nil {
		return 0, err
	}
	n, err := b.read(p)
	return n, b.release(err)
}

func (b *body) read(p []byte) (total int, err error) {
	c := b.c
	for total < len(p) {
		c.noFill = total > 0
		left, err := b.next()
		if err != nil {
			return total, b.dropNoFill(err)
		}
		q := p[total:]
		if int64(len(q)) > left {
			q = q[:left]
		}
		n := copy(q, c.Buffered())
		c.R += n
		if n == 0 {
			if total > 0 {
				if len(q) >= minDirectRead {
					n = c.readArrived(q)
				}
				if n == 0 {
					break
				}
			} else if n, err = b.receive(q, left); err != nil {
				return total, err
			}
		}
		b.advance(n)
		total += n
	}
	if total > 0 && b.kind != untilClose {
		// If the end has arrived too, returning it now spares a Read and frees the
		// connection sooner.
		c.noFill = true
		_, err = b.next()
	}
	return total, b.dropNoFill(err)
}

// dropNoFill drops errNoFill, because something was read and more may come.
func (b *body) dropNoFill(err error) error {
	b.c.noFill = false
	if err == errNoFill {
		return nil
	}
	return err
}

// receive reads from the connection when nothing is buffered and left bytes come next:
// into q if q is large, and otherwise into the buffer, where the caller finds them.
func (b *body) receive(q []byte, left int64) (n int, err error) {
	c := b.c
	if len(q) >= minDirectRead {
		n, err = c.read(q[:min(int64(len(q)), c.directLimit(left))])
	} else {
		err = c.Fill(0)
	}
	return n, b.readError(err)
}

// next returns how many bytes of the body come next on the wire, without framing in
// between: at least one, or io.EOF if the body has ended.
func (b *body) next() (int64, error) {
	switch {
	case b.kind == untilClose:
		return math.MaxInt64, nil
	case b.left > 0:
		return b.left, nil
	case b.kind == counted:
		return 0, io.EOF
	default:
		return b.nextChunk()
	}
}

// nextChunk reads up to the data of the next chunk. It returns io.EOF if there is none.
func (b *body) nextChunk() (size int64, err error) {
	c := b.c
	rules := h1wire.ChunkRules{Padded: true, MaxBytes: c.transport.config.MaxHeaderBytes, MaxLines: c.transport.config.MaxHeaders}
	b.left, err = b.chunk.Next(c, &c.Buffer, &c.fields, rules, &b.resp.Trailer)
	if err != nil && err != io.EOF {
		err = b.readError(err)
	}
	return b.left, err
}

// advance records that n bytes of the body were used.
func (b *body) advance(n int) {
	if b.kind != untilClose {
		b.left -= int64(n)
	}
}

// readError returns an error of the connection as the caller of Read gets it.
func (b *body) readError(err error) error {
	switch {
	case err == nil || err == errNoFill:
		return err
	case err == io.EOF && b.kind == untilClose:
		return err
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	if f := b.c.sendFailure(); f != nil && f.op == relay.OpBody && b.c.watch.ctx.Err() == nil {
		return b.c.failure(f.op, f.err)
	}
	op := relay.OpResponseBody
	if errors.Is(err, h1wire.ErrMalformed) || errors.Is(err, h1wire.ErrTooLarge) {
		op = relay.OpParse
	}
	return b.c.failure(op, err)
}

// Close ends the exchange. The connection is kept if the rest of the body has arrived
// already. Otherwise it is closed, also if a Read is waiting.
func (b *body) Close() error {
	for {
		switch state := b.state.Load(); state {
		case inactive:
			if b.state.CompareAndSwap(inactive, closed) {
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

// drain skips what is buffered. It reports whether that was all of the body.
func (b *body) drain() bool {
	c := b.c
	c.noFill = true
	for {
		left, err := b.next()
		n := int(min(left, int64(len(c.Buffered()))))
		if err != nil || n == 0 {
			return err == io.EOF
		}
		c.R += n
		b.advance(n)
	}
}
