package router

import (
	"encoding/binary"
	"io"
	"maps"
	"net/http"
	"sync"

	"github.com/meshhop/meshhop/internal/wire"
)

// held is the body of a response that is held back. A goroutine reads it, until release is
// called; what it has read by then comes first for the client, who reads on by itself.
type held struct {
	from   *http.Response // as it came; its trailers are complete at its end
	passed *http.Response // what the client gets, whose body this is
	body   io.ReadCloser
	pool   *bodyPool
	limit  int
	calls  bool        // it is a response to a gRPC call
	asked  func() bool // whether the request has been read to its end
	filled chan struct{}

	mu       sync.Mutex
	read     sync.Cond // the goroutine has read, or ended
	kept     []byte
	at       int   // how much of that the client has read
	err      error // of the last Read, which ends the body
	end      holdEnd
	filling  bool // the goroutine is reading
	released bool
	closed   bool
}

// holdEnd is why a response is not held back any more.
type holdEnd uint8

const (
	holdTooLate  holdEnd = iota // it took too long
	holdEnded                   // it has ended, or broke off
	holdTooLong                 // there is more of it than is held back
	holdStreamed                // it is one of many messages
)

func newHeld(resp *http.Response, limit int, pool *bodyPool, calls bool, asked func() bool) *held {
	h := &held{from: resp, body: resp.Body, pool: pool, limit: limit, calls: calls, asked: asked, filled: make(chan struct{}), filling: true}
	h.read.L = &h.mu
	h.passed = new(http.Response)
	*h.passed = *resp
	h.passed.Trailer = maps.Clone(resp.Trailer) // the goroutine may complete the other one
	h.passed.Body = h
	return h
}

// fill reads the body.
func (h *held) fill() {
	defer close(h.filled)
	chunk := h.pool.get(smallBody)[:smallBody]
	defer h.pool.put(chunk)
	for more := true; more; {
		n, err := h.body.Read(chunk)
		more = h.took(chunk[:n], err)
	}
}

// took notes what was read, and reports whether to read on.
func (h *held) took(p []byte, err error) (more bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer h.read.Broadcast()
	if !h.closed {
		h.kept = h.pool.append(h.kept, p)
	}
	switch {
	case err != nil:
		h.err, h.end = err, holdEnded
	case h.released:
	case len(h.kept) > h.limit:
		h.end = holdTooLong
	case len(p) > 0 && (!h.asked() || h.calls && h.isStream()):
		h.end = holdStreamed
	default:
		return true
	}
	h.filling = false
	return false
}

// isStream reports whether more than one message of a gRPC call has come, of which each has
// a head of five bytes with its length.
func (h *held) isStream() bool {
	const head = 5
	return len(h.kept) >= head && uint64(len(h.kept)-head) > uint64(binary.BigEndian.Uint32(h.kept[1:head]))
}

// release ends the holding back. It returns why, and the error of a response that broke
// off.
func (h *held) release() (holdEnd, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.released = true
	if h.end == holdEnded && h.err != io.EOF {
		return h.end, h.err
	}
	return h.end, nil
}

// Read reads what was held back, and then the body itself.
func (h *held) Read(p []byte) (int, error) {
	h.mu.Lock()
	for h.at == len(h.kept) && h.filling && !h.closed {
		h.read.Wait()
	}
	switch {
	case h.closed:
		h.mu.Unlock()
		return 0, http.ErrBodyReadAfterClose
	case h.at < len(h.kept):
		n := copy(p, h.kept[h.at:])
		if h.at += n; h.at == len(h.kept) && !h.filling {
			h.drop()
		}
		h.mu.Unlock()
		return n, nil
	case h.err != nil:
		err := h.ended(h.err)
		h.mu.Unlock()
		return 0, err
	}
	h.mu.Unlock()
	n, err := h.body.Read(p)
	return n, h.ended(err)
}

// ended passes the trailers on at the end of the body.
func (h *held) ended(err error) error {
	if err == io.EOF && h.from.Trailer != nil {
		if h.passed.Trailer == nil {
			h.passed.Trailer = http.Header{}
		}
		maps.Copy(h.passed.Trailer, h.from.Trailer)
	}
	return err
}

// Close closes the body, also if the goroutine is reading it, which ends that.
func (h *held) Close() error {
	h.mu.Lock()
	h.released, h.closed = true, true
	if !h.filling {
		h.drop()
	}
	h.read.Broadcast()
	h.mu.Unlock()
	return h.body.Close()
}

// drop gives back the memory of what was kept. h.mu is held.
func (h *held) drop() {
	h.pool.put(h.kept)
	h.kept, h.at = nil, 0
}

// isCall reports whether the response belongs to a gRPC call.
func (x *exchange) isCall(resp *http.Response) bool {
	return wire.IsGRPC(x.out.Header) || wire.IsGRPC(resp.Header)
}
