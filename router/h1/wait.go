package h1

import (
	"container/list"
	"context"
)

// A waiter is a request that waits for one of MaxConns connections. Waiters are
// served in the order of arrival. While there is one, all slots are in use and no
// connection is idle.
type waiter struct {
	handedOff chan handOff // buffered, so that handing off never blocks
}

// handOff ends the wait of a waiter, with a connection, with a slot in which to dial one
// (conn is nil), or with an error.
type handOff struct {
	conn *conn
	err  error
}

// handOff gives h to the first waiter. It reports whether there was one. The caller holds
// p.mu.
func (p *pool) handOff(h handOff) bool {
	first := p.waiters.Front()
	if first == nil {
		return false
	}
	p.waiters.Remove(first).(*waiter).handedOff <- h
	return true
}

// wait waits until something is handed off, and returns it as get does. It unlocks p.mu,
// which the caller has locked.
func (p *pool) wait(ctx context.Context) (*conn, error) {
	if p.waiters.Len() >= p.maxWaiters {
		p.refused++
		p.mu.Unlock()
		return nil, p.refusal
	}
	p.waited++
	w := &waiter{handedOff: make(chan handOff, 1)}
	at := p.waiters.PushBack(w)
	p.mu.Unlock()

	select {
	case h := <-w.handedOff:
		if h.conn != nil && !p.alive(h.conn) {
			p.closeConn(h.conn)
			h.conn = nil // the waiter keeps its slot
		}
		return h.conn, h.err
	case <-ctx.Done():
		p.cancelWait(w, at)
		return nil, canceled(ctx)
	}
}

// cancelWait removes a waiter from the queue. If something was handed off to it at that
// moment, the next waiter gets that.
func (p *pool) cancelWait(w *waiter, at *list.Element) {
	p.mu.Lock()
	select {
	case h := <-w.handedOff:
		p.mu.Unlock()
		switch {
		case h.conn != nil:
			p.keep(h.conn)
		case h.err == nil:
			p.releaseSlot()
		}
	default:
		p.waiters.Remove(at)
		p.mu.Unlock()
	}
}
