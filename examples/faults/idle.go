package main

import (
	"context"
	"fmt"
	"time"
)

// level is what a hop has while it does nothing, or how much more than before.
type level struct {
	goroutines, descriptors int
	heap                    float64 // in MiB
}

// What may be left over at idle: the heap is known only as of the last
// collection, and a probe is in its own way.
const (
	fewGoroutines  = 2
	fewDescriptors = 2
	littleHeap     = 4.0
)

func (l level) minus(o level) level {
	return level{l.goroutines - o.goroutines, l.descriptors - o.descriptors, l.heap - o.heap}
}

// little says whether that may be left over.
func (l level) little() bool {
	return l.goroutines <= fewGoroutines && l.descriptors <= fewDescriptors && l.heap <= littleHeap
}

func (l level) atLeast(o level) level {
	return level{max(l.goroutines, o.goroutines), max(l.descriptors, o.descriptors), max(l.heap, o.heap)}
}

func (h *hop) level(ctx context.Context) (level, error) {
	m, err := h.metrics(ctx)
	if err != nil {
		return level{}, err
	}
	return level{int(m[goroutines]), int(m[descriptors]), m[heapBytes] / (1 << 20)}, nil
}

// rest has all hops forget what they keep for later requests: a reload closes
// the connections to replicas that the old configuration had.
func (s *scene) rest(ctx context.Context) error {
	for _, h := range s.hops() {
		if err := h.reload(ctx); err != nil {
			return err
		}
	}
	return nil
}

// measureIdle finds what the hops have after they have worked.
func (s *scene) measureIdle(ctx context.Context) error {
	l := startLoad(ctx, "idle", s.outgoing.addr(), s.rate)
	err := pause(ctx, before)
	l.stop()
	if err != nil {
		return err
	}
	if err := s.rest(ctx); err != nil {
		return err
	}
	if err := pause(ctx, before); err != nil {
		return err
	}
	for _, h := range s.hops() {
		if s.idle[h], err = h.level(ctx); err != nil {
			return err
		}
	}
	return nil
}

// settling is how long the hops may take to come to rest.
const settling = 5 * time.Second

// compareIdle waits until all hops are at rest as they were before, and notes
// what is left over if they do not come to it.
func (s *scene) compareIdle(ctx context.Context, r *row) error {
	if err := s.rest(ctx); err != nil {
		return err
	}
	for _, h := range s.hops() {
		var left level
		for end := time.Now().Add(settling); ; {
			now, err := h.level(ctx)
			if err != nil {
				return err
			}
			if left = now.minus(s.idle[h]); left.little() || time.Now().After(end) {
				break
			}
			if err := pause(ctx, 50*time.Millisecond); err != nil {
				return err
			}
		}
		if !left.little() {
			r.broken = append(r.broken, fmt.Sprintf("%s has %d goroutines, %d descriptors and %.1f MiB more than before",
				h.name, left.goroutines, left.descriptors, left.heap))
		}
		r.left = r.left.atLeast(left)
	}
	return nil
}
