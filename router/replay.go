package router

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
)

// replay is a request's body, which can be sent more than once for as long as
// all that was read of it is kept. Each attempt reads a view of its own. An
// attempt that was given up may still be in a Read of the body when the next
// one begins: what it reads then is kept for the other.
type replay struct {
	from  io.ReadCloser
	limit int // how much is kept
	pool  *bodyPool
	first bodyView // spares the first attempt an allocation

	mu      sync.Mutex
	read    sync.Cond // a Read or a view has ended
	current *bodyView
	kept    []byte
	lost    bool        // more was read than is kept
	end     error       // what the body said at its end
	trailer http.Header // the request's, complete once end is io.EOF; nil: it has none
	names   []string    // of the trailers that are announced
	reading bool        // a Read of the body is under way
	last    bool        // there will be no further view
	closed  bool
}

// bodyView is the body of one attempt.
type bodyView struct {
	of      *replay
	at      int   // how much it has read of what is kept
	passed  int64 // how much it has read
	closed  bool
	trailer http.Header // of the attempt; nil: it has none
}

var errViewClosed = errors.New("the request body was read after its attempt had ended")

func newReplay(from io.ReadCloser, length int64, limit int, pool *bodyPool) *replay {
	if length > int64(limit) {
		limit = 0
	}
	b := &replay{from: from, limit: limit, pool: pool}
	b.read.L = &b.mu
	return b
}

// carry has each view bring the trailers of the request, in a map of its own: a
// Read that an attempt left behind may fill the request's while the next one
// writes its head.
func (b *replay) carry(trailer http.Header) {
	if len(trailer) > 0 {
		b.trailer, b.names = trailer, slices.Collect(maps.Keys(trailer))
	}
}

// problem is why the body cannot be sent once more; empty: it can, by now.
func (b *replay) problem() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.why()
}

// takeBack ends the current view, so that it cannot read more than is kept any
// more; it returns why the body cannot be sent once more for all that.
func (b *replay) takeBack() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	why := b.why()
	if why == "" && b.current != nil {
		b.current.closed = true
		b.read.Broadcast()
	}
	return why
}

func (b *replay) why() string {
	switch {
	case b.lost && b.limit == 0:
		return "the body was being sent and is too long to be kept"
	case b.lost:
		return "the body is longer than the " + strconv.Itoa(b.limit) + " bytes that are kept"
	case b.end != nil && b.end != io.EOF:
		return "the body broke off"
	}
	return ""
}

// view is the body for the first attempt, or for the next one after takeBack.
func (b *replay) view() *bodyView {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := &b.first
	if b.current != nil {
		v = new(bodyView)
	}
	v.of, b.current = b, v
	if b.trailer != nil {
		v.trailer = make(http.Header, len(b.names))
		for _, name := range b.names {
			v.trailer[name] = nil
		}
	}
	return v
}

// finish says that the current view is the last one. The body is closed with
// it, and that is now if its attempt is over and nobody is reading.
func (b *replay) finish(over bool) {
	b.mu.Lock()
	b.last = true
	if over && b.current != nil && !b.reading {
		b.current.closed = true
	}
	b.closeUnlocking()
}

// Read reads what is kept and then the body itself.
func (v *bodyView) Read(p []byte) (int, error) {
	b := v.of
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		switch {
		case v.closed:
			return 0, errViewClosed
		case v.at < len(b.kept):
			n := copy(p, b.kept[v.at:])
			v.at += n
			v.passed += int64(n)
			return n, nil
		case b.end != nil:
			v.takeTrailers()
			return 0, b.end
		case !b.reading:
			return v.readOn(p)
		}
		b.read.Wait()
	}
}

// readOn reads the body itself, unlocked meanwhile.
func (v *bodyView) readOn(p []byte) (int, error) {
	b := v.of
	b.reading = true
	b.mu.Unlock()
	n, err := b.from.Read(p)
	b.mu.Lock()
	b.reading = false
	v.passed += int64(n)
	if err != nil {
		b.end = err
		v.takeTrailers()
	}
	// What a view reads that was taken back is kept whatever its length: the
	// next one has not had it.
	if !b.lost && (len(b.kept)+n <= b.limit || v.closed) {
		b.kept = b.pool.append(b.kept, p[:n])
	} else if n > 0 {
		b.lost = true
		b.dropKept()
	}
	if !b.lost {
		v.at = len(b.kept)
	}
	if b.closed {
		b.dropKept()
	}
	b.read.Broadcast()
	return n, err
}

// takeTrailers completes the trailers of an attempt that has read all of the body.
func (v *bodyView) takeTrailers() {
	if v.of.end == io.EOF && v.trailer != nil && !v.closed {
		maps.Copy(v.trailer, v.of.trailer)
	}
}

// Close ends the view. The body is closed if no other will come.
func (v *bodyView) Close() error {
	b := v.of
	b.mu.Lock()
	v.closed = true
	b.read.Broadcast()
	b.closeUnlocking()
	return nil
}

// dropKept gives back the memory of what was kept. b.mu is held.
func (b *replay) dropKept() {
	b.pool.put(b.kept)
	b.kept = nil
}

// closeUnlocking closes the body once nobody reads it any more, which may take
// its time.
func (b *replay) closeUnlocking() {
	over := b.last && !b.closed && (b.current == nil || b.current.closed)
	if over {
		b.closed = true
		if !b.reading {
			b.dropKept()
		}
	}
	b.mu.Unlock()
	if over {
		b.from.Close()
	}
}

// bodyPool lends the memory in which bodies are kept.
type bodyPool struct{ small, large sync.Pool } // of *[smallBody]byte and *[largeBody]byte

const (
	smallBody = 4 << 10
	largeBody = 64 << 10
)

// append appends to what lies in lent memory.
func (p *bodyPool) append(kept, more []byte) []byte {
	if need := len(kept) + len(more); need > cap(kept) {
		grown := p.get(need)
		grown = append(grown, kept...)
		p.put(kept)
		kept = grown
	}
	return append(kept, more...)
}

func (p *bodyPool) get(size int) []byte {
	switch {
	case size <= smallBody:
		if b, ok := p.small.Get().(*[smallBody]byte); ok {
			return b[:0]
		}
		return new([smallBody]byte)[:0]
	case size <= largeBody:
		if b, ok := p.large.Get().(*[largeBody]byte); ok {
			return b[:0]
		}
		return new([largeBody]byte)[:0]
	}
	return make([]byte, 0, size+size/4)
}

// put takes the memory back.
func (p *bodyPool) put(kept []byte) {
	switch cap(kept) {
	case smallBody:
		p.small.Put((*[smallBody]byte)(kept[:smallBody]))
	case largeBody:
		p.large.Put((*[largeBody]byte)(kept[:largeBody]))
	}
}
