// Package histogram keeps how long requests took: all since the start, for Prometheus,
// and those of the last minute, for Linkerd's quantiles.
//
// A [Histogram] has buckets of linear width within each power of two: 32 of them, from
// 1 us on, so that a bucket is at most 1/32 of its lower bound wide and its midpoint at
// most 1.6 % off. Below 64 us they are 1 us wide. What took longer than 2^31-1 ms counts
// as that, and less than nothing as nothing, as in Linkerd (vector 324).
//
// Finagle's buckets (BucketedHistogram.scala) are 1 ms wide up to 100 ms and 1 % above,
// which is 0.5 % at most for a midpoint. Ours are finer below 64 ms and up to three times
// as wide above. Quantiles follow its rule, and so agree with Linkerd's within the width
// of both buckets; sums, counts and averages are exact.
package histogram

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// subBits is the logarithm of the number of buckets in each power of two.
	subBits = 5
	subs    = 1 << subBits
	// longest is the longest time that is told apart: Linkerd's are 31 bits of ms.
	longest = (1<<31 - 1) * time.Millisecond
	// octaves is the number of powers of two that this takes, the first of which is all
	// times below subs us.
	octaves = 37
)

const (
	// sliceOf is the time in one of the slices that make the last minute.
	sliceOf = 10 * time.Second
	slices  = 6
)

// A Histogram counts durations. The zero value is ready for use. Times of day are given
// as what has passed since some moment, which is the same for all calls. It is safe for
// concurrent use.
//
// Its memory grows with the powers of two that occur, 128 bytes for each now and 256 for
// each ever: requests that take from 1 to 8 ms and those with a timeout of 1 s take 2 KB.
type Histogram struct {
	// What was recorded in the slice that is under way.
	octaves [octaves]atomic.Pointer[octave]
	nanos   atomic.Uint64
	turn    atomic.Int64 // when the slice ends; 0: none has begun

	exemplars atomic.Pointer[exemplars]

	mu      sync.Mutex
	current int64          // guarded by mu, as all that follows: the number of the slice
	past    [slices]counts // by their numbers, modulo slices; that of the current one is empty
	all     [octaves]*[subs]uint64
	sum     float64 // ns
}

// octave is the buckets of one power of two.
type octave [subs]atomic.Uint32

// counts are the buckets of a slice that is over.
type counts struct {
	buckets []Bucket
	nanos   uint64
}

// Record counts one that took so long and was over at this time. It allocates only where
// a power of two occurs for the first time.
func (h *Histogram) Record(at, took time.Duration) {
	if int64(at) >= h.turn.Load() {
		h.rotate(at)
	}
	took = min(max(took, 0), longest)
	i := indexOf(took)
	of := h.octaves[i/subs].Load()
	if of == nil {
		of = h.grow(i / subs)
	}
	of[i%subs].Add(1)
	h.nanos.Add(uint64(took))
}

func (h *Histogram) grow(i int) *octave {
	h.octaves[i].CompareAndSwap(nil, new(octave))
	return h.octaves[i].Load()
}

// indexOf is the number of the bucket of a time from 0 to longest.
func indexOf(took time.Duration) int {
	us := uint64(took / time.Microsecond)
	shift := bits.Len64(us>>subBits) - 1
	if shift < 0 {
		return int(us)
	}
	return (shift+1)<<subBits | int(us>>shift)&(subs-1)
}

// midpoint is the middle of a bucket.
func midpoint(i int) time.Duration {
	low, width := time.Duration(i), time.Duration(1)
	if i >= subs {
		shift := i/subs - 1
		low, width = time.Duration(subs+i%subs)<<shift, 1<<shift
	}
	return min(low*time.Microsecond+(width*time.Microsecond)/2, longest)
}

// rotate begins another slice, unless another goroutine does.
func (h *Histogram) rotate(at time.Duration) {
	if h.mu.TryLock() {
		h.rotateLocked(at)
		h.mu.Unlock()
	}
}

func (h *Histogram) rotateLocked(at time.Duration) {
	number := int64(at / sliceOf)
	if h.turn.Load() != 0 && number <= h.current {
		return
	}
	if h.turn.Load() != 0 {
		h.fold(&h.past[h.current%slices])
		for n := max(h.current+1, number-slices+1); n <= number; n++ {
			over := &h.past[n%slices]
			over.buckets, over.nanos = over.buckets[:0], 0
		}
	}
	h.current = number
	h.turn.Store((number + 1) * int64(sliceOf))
}

// fold takes what was recorded into a slice, and to what there was of all time. What is
// recorded meanwhile is in one slice or the next.
func (h *Histogram) fold(into *counts) {
	for o := range h.octaves {
		of := h.octaves[o].Load()
		if of == nil {
			continue
		}
		for i := range of {
			if of[i].Load() == 0 {
				continue
			}
			n := uint64(of[i].Swap(0))
			if h.all[o] == nil {
				h.all[o] = new([subs]uint64)
			}
			h.all[o][i] += n
			into.buckets = append(into.buckets, Bucket{uint16(o*subs + i), n})
		}
	}
	nanos := h.nanos.Swap(0)
	into.nanos += nanos
	h.sum += float64(nanos)
}

// Read returns what was counted until now: all, and the last minute, which is the slice
// that is under way and the five before it.
func (h *Histogram) Read(at time.Duration) Snapshot {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rotateLocked(at)
	var recent, all [octaves * subs]uint64
	nanos := h.nanos.Load()
	s := Snapshot{Recent: Counts{Sum: float64(nanos)}, All: Counts{Sum: h.sum + float64(nanos)}}
	for o := range h.octaves {
		of := h.octaves[o].Load()
		if of == nil {
			continue
		}
		for i := range of {
			n := uint64(of[i].Load())
			recent[o*subs+i] = n
			if all[o*subs+i] = n; h.all[o] != nil {
				all[o*subs+i] += h.all[o][i]
			}
		}
	}
	for i := range h.past {
		slice := &h.past[i]
		for _, b := range slice.buckets {
			recent[b.Index] += b.N
		}
		s.Recent.Sum += float64(slice.nanos)
	}
	s.Recent.Buckets, s.All.Buckets = h.filled(&recent), h.filled(&all)
	s.Exemplars = h.exemplars.Load().read()
	return s
}

// filled returns the buckets that are not empty. No power of two has any that was not
// recorded.
func (h *Histogram) filled(dense *[octaves * subs]uint64) (all []Bucket) {
	n := 0
	for o := range h.octaves {
		if h.octaves[o].Load() != nil {
			for _, of := range dense[o*subs:][:subs] {
				if of > 0 {
					n++
				}
			}
		}
	}
	if n == 0 {
		return nil
	}
	all = make([]Bucket, 0, n)
	for o := range h.octaves {
		if h.octaves[o].Load() != nil {
			for i, of := range dense[o*subs:][:subs] {
				if of > 0 {
					all = append(all, Bucket{uint16(o*subs + i), of})
				}
			}
		}
	}
	return all
}
