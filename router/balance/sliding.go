package balance

import "sync/atomic"

// sliding counts what happened in a window that moves on by a fifth of its
// length at a time.
type sliding struct {
	width  int64            // of a slice
	slices [5]atomic.Uint64 // which slice it is, and in the low bits its count, up to their limit
}

const countBits = 16

func (s *sliding) add(now int64) {
	index := uint64(now/s.width) + 1 // 0: none
	slice := &s.slices[index%uint64(len(s.slices))]
	for {
		old := slice.Load()
		next := index<<countBits | 1
		if old>>countBits == index {
			if next = old + 1; next>>countBits != index {
				return // full
			}
		}
		if slice.CompareAndSwap(old, next) {
			return
		}
	}
}

func (s *sliding) sum(now int64) (n uint64) {
	index := uint64(now/s.width) + 1
	for i := range s.slices {
		slice := s.slices[i].Load()
		if slice>>countBits+uint64(len(s.slices)) > index {
			n += slice & (1<<countBits - 1)
		}
	}
	return n
}
