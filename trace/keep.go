package trace

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"runtime"
	"time"
	"unsafe"

	oteltrace "go.opentelemetry.io/otel/trace"
)

// KeepConfig says of which requests a Provider keeps the spans although no sampler chose
// them. The zero value keeps those that a hop behind this one asks for.
//
// All spans that are not sampled are recorded and held in memory for a while after their
// end. When the response to a request begins, it is known whether the request is to be
// kept: then the spans of its trace that are held go to the Sink, and so do those that end
// within the same time, whichever Hop with the same Provider made them. A hop further up
// is told by l5d-keep in the response, which holds the trace id, if the request had
// l5d-ctx-trace; it does the same with its own spans, if it keeps any. What a request says
// of its trace to others is not changed by all this: they see one that is not sampled. A
// request is one that a proxy.Handler serves; a program that only sends requests by a router
// keeps what it is told to.
//
// Spans that are kept have a tag meshhop.keep that says why: "error", "slow", "override",
// or "asked". A tag meshhop.keep.missing says what is known not to be there: "callers" on
// a server span, if its callers could not be told, because the response had begun when the
// request failed or because they do not know l5d-keep; and "evicted" on the span at which
// spans of the trace had left the memory already.
type KeepConfig struct {
	// Errors keeps requests that fail: those with a status of 500 or above, and those
	// that ended without a response.
	Errors bool
	// Slowest is how many of the slowest requests for each service are kept in each
	// minute, by the time until the response begins. A service is a name that one router
	// gave to requests. A request is among them if it took longer than all but
	// Slowest-1 of the same minute until then, and no less than the Slowest-th of those
	// of the whole minute before. On average those are as many as are wanted; in a first
	// minute, and while a service becomes slower, some more. At most 1000 services are
	// told apart; the others count as one. Default 0: none. At most 100.
	Slowest int
	// Overrides keeps requests that bring a dtab of their own.
	Overrides bool
	// Buffer is how long spans are held after their end. Default: 5 s.
	Buffer time.Duration
	// BufferBytes is the memory for the spans that are held. If there are more, the oldest
	// leave before their time, and are counted. A span of a hop takes some 1.8 KB. Beside
	// that a twentieth is taken for finding them. Default: 64 MiB. Less than 64 KiB is an
	// error.
	BufferBytes int
}

const (
	defaultBuffer      = 5 * time.Second
	defaultBufferBytes = 64 << 20
	minBufferBytes     = 64 << 10
	maxSlowest         = 100
)

func (c KeepConfig) withDefaults() (KeepConfig, error) {
	if c.Buffer == 0 {
		c.Buffer = defaultBuffer
	}
	if c.BufferBytes == 0 {
		c.BufferBytes = defaultBufferBytes
	}
	switch {
	case c.Buffer < 0:
		return c, fmt.Errorf("trace: provider: Keep.Buffer is negative: %v", c.Buffer)
	case c.BufferBytes < minBufferBytes:
		return c, fmt.Errorf("trace: provider: Keep.BufferBytes is %d, less than %d", c.BufferBytes, minBufferBytes)
	case c.Slowest < 0 || c.Slowest > maxSlowest:
		return c, fmt.Errorf("trace: provider: Keep.Slowest is %d, not from 0 to %d", c.Slowest, maxSlowest)
	}
	return c, nil
}

// keepReason is why a trace is kept.
type keepReason uint8

const (
	notKept keepReason = iota
	keptError
	keptSlow
	keptOverride
	keptAsked
	keepReasons
)

// String is the value of the tag meshhop.keep.
func (r keepReason) String() string { return [...]string{"", "error", "slow", "override", "asked"}[r] }

// keeper holds the spans that no sampler chose, and lets go of those that are kept.
type keeper struct {
	config  KeepConfig
	born    time.Time
	seed    uint64
	buffers []keepBuffer // by the first bits of keys
	shift   int
	slowest *slowest // nil: none are kept
	deliver func(*pooledRecord)
	discard func(*pooledRecord)
	count   keepCounters
}

const (
	maxKeepBuffers = 16
	// keepBufferBytes is the least that a buffer has: with less a few large spans would
	// fill it.
	keepBufferBytes = 512 << 10
	// keptTraces is how many traces one buffer remembers to be kept, and the least of which it
	// remembers that spans have left.
	keptTraces = 1024
)

func newKeeper(c KeepConfig, deliver, discard func(*pooledRecord)) *keeper {
	n := powerOfTwo(max(1, min(runtime.GOMAXPROCS(0), maxKeepBuffers, c.BufferBytes/keepBufferBytes)))
	k := &keeper{config: c, born: time.Now(), seed: rand.Uint64(), shift: 64 - bits.TrailingZeros(uint(n)), deliver: deliver, discard: discard}
	bytes := c.BufferBytes / n
	held := powerOfTwo(bytes / int(unsafe.Sizeof(pooledRecord{})))
	for range n {
		k.buffers = append(k.buffers, keepBuffer{
			room: bytes,
			held: newChain[heldRecord](held),
			kept: newChain[keptTrace](keptTraces),
			lost: make([]uint64, max(keptTraces, 4*held)),
		})
	}
	if c.Slowest > 0 {
		k.slowest = newSlowest(c.Slowest)
	}
	return k
}

// powerOfTwo is the greatest that is not above n, which is positive.
func powerOfTwo(n int) int { return 1 << (bits.Len(uint(n)) - 1) }

func (k *keeper) now() time.Duration { return time.Since(k.born) }

// key is a trace in the buffers: the low half of its id, since a hop may have cut off the
// other, mixed so that no stranger can choose those that meet.
func (k *keeper) key(id oteltrace.TraceID) uint64 {
	return mix(binary.BigEndian.Uint64(id[8:]) ^ k.seed)
}

func (k *keeper) bufferOf(key uint64) *keepBuffer { return &k.buffers[key>>k.shift] }

// keep has the trace kept, and reports whether spans of it have left already.
func (k *keeper) keep(id oteltrace.TraceID, why keepReason) (lost bool) {
	key := k.key(id)
	found, fresh, lost := k.bufferOf(key).keep(key, why, k.now(), k.config.Buffer)
	if fresh {
		k.count.traces[why].Add(1)
	}
	for _, r := range found {
		k.export(r, why)
	}
	return lost
}

// keptAs is why a trace is kept.
func (k *keeper) keptAs(id oteltrace.TraceID) keepReason {
	key := k.key(id)
	return k.bufferOf(key).keptAs(key, k.now())
}

// ended takes a span that no sampler chose.
func (k *keeper) ended(r *pooledRecord, why keepReason) {
	if why != notKept {
		// Its children may end after it.
		k.keep(r.Trace, why)
		k.export(r, why)
		return
	}
	key := k.key(r.Trace)
	var out spent
	if why = k.bufferOf(key).add(key, r, k.now(), k.config.Buffer, &out); why != notKept {
		k.export(r, why)
	}
	if out.evicted > 0 {
		k.count.evicted.Add(out.evicted)
	}
	for r := out.free; r != nil; {
		next := r.next
		r.next = nil
		k.discard(r)
		r = next
	}
}

// export delivers a span that is kept.
func (k *keeper) export(r *pooledRecord, why keepReason) {
	r.Sampling = Keep // as a Sink may expect
	r.tagKept(why)
	k.count.spans.Add(1)
	k.deliver(r)
}
