package h1

import (
	"container/list"
	"context"
)

// A waiter is a request that waits for one of MaxConns connections. Waiters are
// served in the order of arrival. While there is one, all places are taken and no
// connection is idle.
type waiter struct {
	granted chan grant // buffers the one grant, so that granting never blocks
}

// grant ends a waiter's wait, with a connection, with a place in which to dial one
// (conn is nil), or with an error.
type grant struct {
	conn *conn
	err  error
}

// grant gives g to the first waiter, if there is one. p.mu is held.
func (p *pool) grant(g grant) bool {
	first := p.waiters.Front()
	if first == nil {
		return false
	}
	p.waiters.Remove(first).(*waiter).granted <- g
	return true
}

// wait waits for a grant, which get returns. p.mu is held by the caller and
// released here.
func (p *pool) wait(ctx context.Context) (*conn, error) {
	if p.waiters.Len() >= p.maxWaiters {
		p.refused++
		p.mu.Unlock()
		return nil, p.refusal
	}
	p.waited++
	w := &waiter{granted: make(chan grant, 1)}
	at := p.waiters.PushBack(w)
	p.mu.Unlock()

	select {
	case g := <-w.granted:
		if g.conn != nil && !p.alive(g.conn) {
			p.closeConn(g.conn)
			g.conn = nil // the waiter keeps its place
		}
		return g.conn, g.err
	case <-ctx.Done():
		p.giveUp(w, at)
		return nil, canceled(ctx)
	}
}

// giveUp removes a waiter from the queue. If it was granted something at that
// moment, the next waiter gets it.
func (p *pool) giveUp(w *waiter, at *list.Element) {
	p.mu.Lock()
	select {
	case g := <-w.granted:
		p.mu.Unlock()
		switch {
		case g.conn != nil:
			p.keep(g.conn)
		case g.err == nil:
			p.vacate()
		}
	default:
		p.waiters.Remove(at)
		p.mu.Unlock()
	}
}
