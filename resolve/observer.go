package resolve

import (
	"sync"
	"sync/atomic"
)

// observer is one caller of Observe.
type observer[T any] struct {
	f       func(State[T])
	stopped atomic.Bool

	mu   sync.Mutex
	busy bool
	seen bool
	seq  uint64 // of the state that f saw last, if seen
}

// deliver sees to it that f gets the newest state: here, or, when f is already
// running, in the goroutine that runs it.
func (o *observer[T]) deliver(a *Activity[T]) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.busy {
		// Who is busy loads the state once more before it leaves, and the
		// state was stored before this.
		return
	}
	o.busy = true
	o.catchUp(a)
}

// begin is the first deliver. The observer is busy from the start, so that it
// is this call in which f gets its first state.
func (o *observer[T]) begin(a *Activity[T]) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.catchUp(a)
}

func (o *observer[T]) catchUp(a *Activity[T]) {
	for !o.stopped.Load() {
		n := a.node.Load()
		if o.seen && n.seq == o.seq {
			break
		}
		o.seen, o.seq = true, n.seq
		o.call(n.State)
	}
	o.busy = false
}

// call runs f without the lock.
func (o *observer[T]) call(s State[T]) {
	o.mu.Unlock()
	defer o.mu.Lock()
	o.f(s)
}
