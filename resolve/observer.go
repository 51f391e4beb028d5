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

// deliver makes sure that f gets the newest state: in this goroutine or, if f is
// already running, in the one that runs it.
func (o *observer[T]) deliver(a *Activity[T]) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.busy {
		// That goroutine loads the state once more before it returns, and the
		// state was stored before this check.
		return
	}
	o.busy = true
	o.catchUp(a)
}

// start is the first deliver. The observer is busy until then, so that f gets its first
// state in this call.
func (o *observer[T]) start(a *Activity[T]) {
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
