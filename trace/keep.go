package trace

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"runtime"
	"time"
	"unsafe"

	oteltrace "go.opentelemetry.io/otel/trace"
)

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
	slowest *slowest      // nil: none are kept
	limit   *samplerLimit // nil: there is none
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
	if c.MaxTracesPerSecond > 0 {
		k.limit = newSamplerLimit(c.MaxTracesPerSecond)
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

// allows reports whether a trace may be kept that is not kept yet.
func (k *keeper) allows(id oteltrace.TraceID) bool {
	if k.limit == nil || k.keptAs(id) != notKept {
		return true
	}
	ok, _ := k.limit.take(mixedID(id))
	return ok
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
