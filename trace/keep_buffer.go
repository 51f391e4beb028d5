package trace

import (
	"sync"
	"time"
)

// keepBuffer holds the spans of some of the traces. Times are those since the keeper was
// made.
type keepBuffer struct {
	mu    sync.Mutex
	room  int // bytes that are free
	held  chain[heldRecord]
	kept  chain[keptTrace]
	lost  []uint64 // keys of traces of which spans have left, by their last bits
	_     [64]byte // keeps neighbours out of one cache line
	count int      // of held records
	used  int      // bytes of them
}

// heldRecord is a span that waits for somebody to keep it.
type heldRecord struct {
	*pooledRecord // nil: it was kept
	bytes         int
	until         time.Duration
}

// keptTrace is a trace of which further spans are kept.
type keptTrace struct {
	until time.Duration
	why   keepReason
}

// spent is what had to leave for a span that was added.
type spent struct {
	free    *pooledRecord // a list
	evicted uint64        // of them: before their time
}

func (s *spent) add(r *pooledRecord) { r.next, s.free = s.free, r }

// add holds a span, or says why it is kept at once.
func (b *keepBuffer) add(key uint64, r *pooledRecord, now, hold time.Duration, out *spent) keepReason {
	size := r.bytes()
	b.mu.Lock()
	defer b.mu.Unlock()
	if k := b.keptTrace(key, now); k != nil {
		return k.why
	}
	// Two leave at the most for one that comes, so that no span pays for many.
	for range 2 {
		if b.held.isEmpty() || b.held.oldest().until > now {
			break
		}
		b.leave(out)
	}
	for !b.held.isEmpty() && (b.room < size || b.held.isFull()) {
		if oldest := b.held.oldest(); oldest.pooledRecord != nil && oldest.until > now {
			out.evicted++
		}
		b.leave(out)
	}
	if b.room < size { // it alone is larger than all
		b.forgets(key)
		out.add(r)
		out.evicted++
		return notKept
	}
	b.room -= size
	b.used += size
	b.count++
	b.held.push(key, heldRecord{r, size, now + hold})
	return notKept
}

// leave removes the oldest span.
func (b *keepBuffer) leave(out *spent) {
	oldest := b.held.oldest()
	if oldest.pooledRecord != nil {
		b.forgets(b.held.at(b.held.first).key)
		out.add(oldest.pooledRecord)
		b.takeOut(oldest)
	}
	b.held.pop()
}

// forgets remembers that spans of a trace have left, until another trace takes the place.
func (b *keepBuffer) forgets(key uint64) { b.lost[key&uint64(len(b.lost)-1)] = key }

func (b *keepBuffer) hasForgotten(key uint64) bool { return b.lost[key&uint64(len(b.lost)-1)] == key }

// takeOut gives back the memory of a span that is not held any more.
func (b *keepBuffer) takeOut(h *heldRecord) {
	b.room += h.bytes
	b.used -= h.bytes
	b.count--
	h.pooledRecord = nil
}

// keep has a trace kept from now on. It returns its spans that were held, the newest first,
// whether it was not kept before, and whether spans of it have left.
func (b *keepBuffer) keep(key uint64, why keepReason, now, hold time.Duration) (found []*pooledRecord, fresh, lost bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if k := b.keptTrace(key, now); k != nil {
		k.until = now + hold // all that was held has gone
		return nil, false, false
	}
	b.kept.push(key, keptTrace{now + hold, why})
	for h, at := b.held.before(key, b.held.next); h != nil; h, at = b.held.before(key, at) {
		if h.pooledRecord == nil {
			continue
		}
		if h.until > now {
			found = append(found, h.pooledRecord)
			b.takeOut(h)
		} else {
			lost = true
		}
	}
	return found, true, lost || b.hasForgotten(key)
}

func (b *keepBuffer) keptAs(key uint64, now time.Duration) keepReason {
	b.mu.Lock()
	defer b.mu.Unlock()
	if k := b.keptTrace(key, now); k != nil {
		return k.why
	}
	return notKept
}

// keptTrace is a trace that is kept now; nil: it is not.
func (b *keepBuffer) keptTrace(key uint64, now time.Duration) *keptTrace {
	if b.kept.isEmpty() {
		return nil
	}
	if k, _ := b.kept.before(key, b.kept.next); k != nil && k.until > now {
		return k
	}
	return nil
}
