package balance

import "sync/atomic"

// slidingCounter counts events in a window that moves by one slot, a fifth of its
// length, at a time.
type slidingCounter struct {
	width int64            // of a slot
	slots [5]atomic.Uint64 // the slot's index, and in the low countBits its count, which saturates
}

const countBits = 16

func (s *slidingCounter) add(now int64) {
	index := uint64(now/s.width) + 1 // a slot with index 0 was never used
	slot := &s.slots[index%uint64(len(s.slots))]
	for {
		old := slot.Load()
		next := index<<countBits | 1
		if old>>countBits == index {
			if next = old + 1; next>>countBits != index {
				return // saturated
			}
		}
		if slot.CompareAndSwap(old, next) {
			return
		}
	}
}

func (s *slidingCounter) sum(now int64) (n uint64) {
	index := uint64(now/s.width) + 1
	for i := range s.slots {
		slot := s.slots[i].Load()
		if slot>>countBits+uint64(len(s.slots)) > index {
			n += slot & (1<<countBits - 1)
		}
	}
	return n
}
