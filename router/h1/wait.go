package h1

import (
	"container/list"
	"context"
)

// A waiter is a request that waits for one of MaxConns connections, in the
// order of arrival. While there is one all places are taken and no connection
// is idle.
type waiter struct {
	granted chan grant // has room for the one grant, so that it never blocks
}

// grant is what ends a waiter's wait: a connection, leave to make one in the
// place of one that is gone, or an error.
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

// wait waits for what get returns. p.mu is held, and given up.
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
			g.conn = nil // its place is left
		}
		return g.conn, g.err
	case <-ctx.Done():
		p.giveUp(w, at)
		return nil, canceled(ctx)
	}
}

// giveUp takes a waiter out of the line; what it was granted in that moment
// goes to the next one.
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
