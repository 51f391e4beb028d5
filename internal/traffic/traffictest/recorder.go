package traffictest

import (
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/traffic"
)

// account is what an observer was told.
type account struct {
	opened         int
	received, sent uint64 // moved
	closed         []traffic.Conn
	served         []traffic.Exchange
	refused        []traffic.Refusal
}

// recorder keeps what it is told.
type recorder struct {
	t  testing.TB
	mu sync.Mutex
	account
	change chan struct{} // closed at each change
}

func newRecorder(t testing.TB) *recorder { return &recorder{t: t, change: make(chan struct{})} }

func (r *recorder) told(what func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	what()
	close(r.change)
	r.change = make(chan struct{})
}

func (r *recorder) Opened() { r.told(func() { r.opened++ }) }

func (r *recorder) Moved(received, sent uint64) {
	r.told(func() {
		if received == 0 && sent == 0 || received > 1<<40 || sent > 1<<40 {
			r.t.Errorf("moved %d and %d", received, sent)
		}
		r.received += received
		r.sent += sent
	})
}

func (r *recorder) Served(e traffic.Exchange) { r.told(func() { r.served = append(r.served, e) }) }

func (r *recorder) Refused(one traffic.Refusal) {
	r.told(func() { r.refused = append(r.refused, one) })
}

func (r *recorder) Closed(c traffic.Conn) {
	r.told(func() {
		if r.closed = append(r.closed, c); len(r.closed) > r.opened {
			r.t.Error("more connections closed than opened")
		}
	})
}

// until waits until what was told is enough, and returns it.
func (r *recorder) until(enough func(account) bool) account {
	late := time.After(20 * time.Second)
	for {
		r.mu.Lock()
		now, change := r.account, r.change
		r.mu.Unlock()
		if enough(now) {
			return now
		}
		select {
		case <-change:
		case <-late:
			r.t.Fatalf("nothing more is told: %+v", now)
		}
	}
}

// over waits until n connections have closed.
func (r *recorder) over(n int) account {
	return r.until(func(a account) bool { return len(a.closed) == n })
}
