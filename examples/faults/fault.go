package main

import (
	"context"
	"strings"
	"time"
)

// fault is one thing that breaks, and what must hold all the same.
type fault struct {
	name string
	make func(context.Context, *scene, *backend) error
	mend func(context.Context, *scene, *backend) error

	// seen is when failure accrual must have seen the fault, after it was
	// made: from then on no GET may fail. Zero: none may fail at all.
	seen time.Duration
	// watch is for how long things are looked at after that. Zero: what
	// everybody gets.
	watch time.Duration
	// postsFail means that a POST may fail that was sent: it is not repeated.
	postsFail bool
}

func (f *fault) named(text string) bool { return strings.Contains(f.name, text) }

const (
	before = 300 * time.Millisecond  // of load before the fault is made
	watch  = 1500 * time.Millisecond // see fault.watch
	after  = 300 * time.Millisecond  // of load after it was mended
)

// make makes the fault under load and says what came of it.
func (s *scene) make(ctx context.Context, f *fault, b *backend) (*row, error) {
	s.seen.take()
	l := startLoad(ctx, strings.ReplaceAll(f.name, " ", "-"), s.outgoing.addr(), s.rate)
	made, mended, err := s.suffer(ctx, f, b)
	sending := time.Now()
	calls := l.stop()
	if err != nil {
		return nil, err
	}
	for _, b := range s.replicas {
		if err := b.order(ping); err != nil {
			return nil, err
		}
	}
	r := judge(f, calls, s.seen.take(), made, mended, sending)
	for _, h := range s.hops() {
		n, err := h.retried(ctx)
		if err != nil {
			return nil, err
		}
		r.retried += n
	}
	return r, s.compareIdle(ctx, r)
}

// suffer is what happens while there is load.
func (s *scene) suffer(ctx context.Context, f *fault, b *backend) (made, mended time.Time, err error) {
	if err := pause(ctx, before); err != nil {
		return made, mended, err
	}
	made = time.Now()
	if f.make != nil {
		if err := f.make(ctx, s, b); err != nil {
			return made, mended, err
		}
	}
	look := watch
	if f.watch > 0 {
		look = f.watch
	}
	if err := pause(ctx, f.seen+time.Duration(s.scale*float64(look))); err != nil {
		return made, mended, err
	}
	mended = time.Now()
	if f.mend != nil {
		if err := f.mend(ctx, s, b); err != nil {
			return made, mended, err
		}
	}
	return made, mended, pause(ctx, after)
}
