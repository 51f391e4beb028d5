package h1

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/internal/httpx"
)

// body is the body of a request. Reading it reads the connection. Another goroutine than
// the handler's may read it, until the handler returns.
type body struct {
	mu       sync.Mutex // is held in a Read
	c        *conn      // nil: the handler has returned
	x        *exchange
	chunked  bool
	expected bool // the client waits for a response before it sends the body
	left     int64
	chunks   h1wire.Chunks
	err      error       // what every further Read returns
	closed   atomic.Bool // by the handler
	complete atomic.Bool // all of it was read
}

const (
	// minDirectRead is the size of a caller's buffer from which on a read bypasses the
	// connection's buffer.
	minDirectRead = 2 << 10
	// maxDrainBytes is how much of a body that the handler did not want is read, so that
	// the connection can be kept. net/http's server does the same.
	maxDrainBytes = 256 << 10
)

func (b *body) begin(c *conn, x *exchange, f *h1wire.Framing) {
	b.c, b.x, b.chunked = c, x, f.Chunked
	if !f.Chunked {
		b.left = f.Length
	}
}

// Read returns the bytes that have arrived. It waits only if there are none. If the client
// waits for it, the first Read sends 100 Continue.
func (b *body) Read(p []byte) (int, error) {
	if b.closed.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	if b.x.w.mayContinue.Load() {
		b.x.w.sendContinue()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.c == nil {
		return 0, http.ErrBodyReadAfterClose
	}
	return b.read(p)
}

func (b *body) read(p []byte) (total int, err error) {
	if b.err != nil {
		return 0, b.err
	}
	c := b.c
	for total < len(p) {
		if total > 0 && len(c.Buffered()) == 0 && (b.left > 0 || b.chunked) {
			break // the next read would have to wait
		}
		left, err := b.next(total > 0)
		if err != nil || left == 0 {
			return total, b.ended(err, total)
		}
		q := p[total:min(len(p), total+int(min(left, int64(len(p)))))]
		n := copy(q, c.Buffered())
		c.R += n
		if n == 0 {
			if len(q) < minDirectRead {
				if err := c.Fill(0); err != nil {
					return total, b.ended(eof(err), total)
				}
				continue
			}
			if n, err = readSome(c.nc, q); err != nil {
				return total, b.ended(eof(err), total)
			}
		}
		b.left -= int64(n)
		total += n
	}
	if total > 0 && b.left == 0 {
		// If the end has arrived too, returning it now spares a Read.
		if left, err := b.next(true); err != nil && left == 0 {
			return total, b.ended(err, total)
		}
	}
	return total, nil
}

// next returns how many bytes of the body come next on the wire: at least one, or io.EOF if
// the body has ended. With arrived it does not wait, and may return zero.
func (b *body) next(arrived bool) (int64, error) {
	if b.left > 0 {
		return b.left, nil
	}
	if !b.chunked {
		return 0, io.EOF
	}
	c := b.c
	rules := h1wire.ChunkRules{MaxBytes: c.server.config.MaxHeadBytes, MaxLines: maxFields}
	var err error
	from := h1wire.Filler(c)
	if arrived {
		from = noFill{}
	}
	b.left, err = b.chunks.Next(from, &c.Buffer, &c.fields, rules, &b.x.req.Trailer)
	if err == errNoFill {
		err = nil
	}
	return b.left, err
}

// errNoFill means that a read would have had to wait.
var errNoFill = errors.New("nothing buffered")

// noFill has nothing more.
type noFill struct{}

func (noFill) Fill(int) error { return errNoFill }

func eof(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// ended records the end of the body, or why it broke off. It returns what Read returns. An
// error after some bytes is returned by the next Read.
func (b *body) ended(err error, total int) error {
	switch {
	case err == nil:
		return nil
	case err == io.EOF:
		b.err = err
		b.complete.Store(true)
		if b.x.ctx.asked() || b.c.raw == nil {
			b.c.server.sweeper.add(b.c)
		}
		return err
	case isTimeout(err):
		// A later Read may have a later deadline.
	default:
		b.err = err
		if !errors.Is(err, h1wire.ErrMalformed) && !errors.Is(err, h1wire.ErrTooLarge) {
			b.x.ctx.cancel(httpx.ClientLeft{})
		}
	}
	if total > 0 {
		return nil
	}
	return err
}

// Close ends the use of the body. It does not wait for the client: what has not arrived is
// dealt with when the handler returns.
func (b *body) Close() error {
	b.closed.Store(true)
	return nil
}

// drain reads and drops a body of which little is left. It reports whether that was all.
func (b *body) drain() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.chunked && b.left > maxDrainBytes {
		return false
	}
	for total := 0; total <= maxDrainBytes; {
		left, err := b.next(false)
		if err != nil {
			return b.ended(err, 0) == io.EOF
		}
		n := min(len(b.c.Buffered()), int(min(left, maxDrainBytes)))
		if n == 0 {
			if err := b.c.Fill(0); err != nil {
				_ = b.ended(eof(err), 0)
				return false
			}
			continue
		}
		b.c.R += n
		b.left -= int64(n)
		total += n
	}
	return false
}

// drainUnread is drain, unless another goroutine still reads.
func (b *body) drainUnread() bool {
	if !b.mu.TryLock() {
		return false
	}
	b.mu.Unlock()
	return b.drain()
}

// detach takes the connection from the body. A Read under way is ended by a deadline in the
// past; detach reports whether there was none.
func (b *body) detach() (quiet bool) {
	if quiet = b.mu.TryLock(); !quiet {
		_ = b.x.w.c.nc.SetReadDeadline(passed())
		b.mu.Lock()
	}
	b.c = nil
	b.mu.Unlock()
	return quiet
}

// passed is a time in the past that is not the zero time.
func passed() time.Time { return time.Unix(1, 0) }
