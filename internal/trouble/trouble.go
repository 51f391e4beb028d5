// Package trouble keeps a log short while something goes wrong again and again. It is
// said at once, then at most once a minute with how often it has happened since, and once
// when it is over:
//
//	if n, ok := lost.Happened(1); ok {
//		log.Error("spans are lost", "spans", n, "error", err)
//	}
//	...
//	if all, lasted, ok := lost.Over(); ok {
//		log.Info("spans arrive again", "lost", all, "after", lasted)
//	}
package trouble

import (
	"sync"
	"time"
)

// Every is the least time between two lines that say that the same goes wrong.
const Every = time.Minute

// A Trouble is one thing that can go wrong. The zero value is one that never did. It is
// safe for concurrent use.
type Trouble struct {
	mu    sync.Mutex
	said  time.Time // when it was last said; zero: never
	began time.Time // zero: it is not going on
	open  bool      // it was said, and not yet that it is over
	since uint64    // how often it happened since it was last said
	total uint64    // how often since it was last over
}

// Happened notes that it happened n times. ok is true if that should be said now;
// times is then how often it happened since that was last said.
func (t *Trouble) Happened(n uint64) (times uint64, ok bool) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.began.IsZero() {
		t.began = now
	}
	t.since += n
	t.total += n
	if !t.said.IsZero() && now.Sub(t.said) < Every {
		return 0, false
	}
	times, t.since = t.since, 0
	t.said, t.open = now, true
	return times, true
}

// Over notes that it does not go on. ok is true if that should be said, which it is only
// of what was said to go wrong; total is then how often it happened in all, and lasted
// for how long. What nobody was told of counts to the next time.
func (t *Trouble) Over() (total uint64, lasted time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.began.IsZero() {
		return 0, 0, false
	}
	began := t.began
	if t.began = (time.Time{}); !t.open {
		return 0, 0, false
	}
	total = t.total
	t.open, t.since, t.total = false, 0, 0
	return total, time.Since(began).Round(time.Millisecond), true
}
