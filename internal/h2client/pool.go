package h2client

import (
	"container/list"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// pool has the connections. The methods of a connection of net/http that are called with mu
// held must not wait, nor call back: its hook only wakes.
type pool struct {
	transport *Transport
	refusal   error // for a request beyond MaxWaiters

	mu        sync.Mutex
	conns     []*conn
	waiters   list.List // of *waiter
	dialing   context.CancelFunc
	shut      bool
	timer     *time.Timer // runs sweep; nil: it was never needed
	scheduled bool
	looking   bool // lookAgain will

	waited, refused, connects, closes, failures uint64
	waking                                      atomic.Bool
}

// waiter is a request that waits for a connection.
type waiter struct {
	got chan taken // has room for one
}

type taken struct {
	conn   *conn
	reused bool // it had been taken before
	err    error
}

func (p *pool) init(t *Transport) {
	p.transport = t
	p.refusal = fmt.Errorf("%w (%d, with %d connections in use)", h1.ErrTooManyWaiters, max(t.config.MaxWaiters, 0), t.config.MaxConns)
}

// take returns a connection with a stream for the request.
func (p *pool) take(ctx context.Context) taken {
	if ctx.Err() != nil {
		return taken{err: p.transport.failure(relay.OpConnect, canceled(ctx))}
	}
	p.mu.Lock()
	if p.shut {
		p.mu.Unlock()
		return taken{err: p.transport.failure(relay.OpConnect, errClosed)}
	}
	var old []*conn
	if p.waiters.Len() == 0 {
		var got taken
		if got, old = p.reserve(); got.conn != nil {
			p.mu.Unlock()
			closeAll(old)
			return got
		}
	}
	w := &waiter{make(chan taken, 1)}
	at := p.waiters.PushBack(w)
	p.dial()
	full := p.dialing == nil
	if most := p.transport.config.MaxWaiters; full && most != 0 && p.waiters.Len() > max(most, 0) {
		p.waiters.Remove(at)
		p.refused++
		p.mu.Unlock()
		closeAll(old)
		return taken{err: p.transport.failure(relay.OpWait, p.refusal)}
	}
	if full {
		p.waited++
	}
	p.hook()
	p.serve() // a stream may have ended before there was a hook
	p.mu.Unlock()
	closeAll(old)
	select {
	case got := <-w.got:
		return got
	case <-ctx.Done():
	}
	op := relay.OpConnect
	if full {
		op = relay.OpWait
	}
	p.leave(at, w)
	return taken{err: p.transport.failure(op, canceled(ctx))}
}

// leave ends the wait of a request whose context has ended.
func (p *pool) leave(at *list.Element, w *waiter) {
	p.mu.Lock()
	p.waiters.Remove(at)
	if p.waiters.Len() == 0 && p.dialing != nil {
		p.dialing()
	}
	p.mu.Unlock()
	select {
	case got := <-w.got: // at the same time
		if got.conn != nil {
			got.conn.cc.Release()
			got.conn.release()
		}
	default:
	}
}

// reserve takes a stream of a connection, of the one first made that has one.
// It returns connections that are to be closed. mu is held.
func (p *pool) reserve() (got taken, old []*conn) {
	var found *conn
	now, version := time.Now(), p.transport.tlsVersion()
	for _, c := range p.conns {
		switch {
		case p.expired(c, now, version):
			if c.active == 0 {
				old = append(old, c)
			}
		case c.cc.Reserve() == nil:
			found = c
		case c.active == 0 && c.requests > 0 && c.cc.InFlight() == 0:
			old = append(old, c) // the peer wants no more on it
		}
		if found != nil {
			break
		}
	}
	for _, c := range old {
		p.remove(c)
	}
	if found != nil {
		found.active++
		found.requests++
		got = taken{conn: found, reused: found.requests > 1}
	}
	return got, old
}

// remove forgets a connection, which is closed or about to be. mu is held.
func (p *pool) remove(c *conn) {
	if i := slices.Index(p.conns, c); i >= 0 {
		p.conns = slices.Delete(p.conns, i, i+1)
	}
}

func closeAll(conns []*conn) {
	for _, c := range conns {
		c.cc.Close()
	}
}

// expired reports whether a connection takes no further request.
func (p *pool) expired(c *conn, now time.Time, version uint64) bool {
	life := p.transport.config.MaxLifetime
	return c.version != version || life > 0 && now.Sub(c.born) >= life || p.idleFor(c, now)
}

// idleFor reports whether it has been idle for too long.
func (p *pool) idleFor(c *conn, now time.Time) bool {
	idle := p.idleLimit()
	return idle > 0 && c.active == 0 && now.Sub(c.idleSince) >= idle
}

// idleLimit is how long a connection may be idle now; 0: for ever.
func (p *pool) idleLimit() time.Duration {
	config := &p.transport.config
	idle, session := max(config.IdleTimeout, 0), max(config.SessionIdleTimeout, 0)
	switch {
	case len(p.conns) <= config.MinIdle, idle == 0:
		return session
	case session > 0:
		return min(idle, session)
	}
	return idle
}

// dial begins to make a connection if there may be another one, and none is being made. mu is
// held.
func (p *pool) dial() {
	most := p.transport.config.MaxConns
	if p.dialing != nil || p.shut || most > 0 && len(p.conns) >= most {
		return
	}
	for _, c := range p.conns {
		if c.requests == 0 && !c.gone {
			return // one on which the peer allows none yet, and another would not be better
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.dialing = cancel
	go p.connect(ctx, cancel)
}

// connect makes a connection for those that wait.
func (p *pool) connect(ctx context.Context, cancel context.CancelFunc) {
	c, err := p.transport.connect(ctx)
	aborted := ctx.Err() != nil
	cancel()
	p.mu.Lock()
	p.dialing = nil
	switch {
	case err != nil && aborted:
		p.again()
	case err != nil:
		p.failures++
		p.fail(err)
	case p.shut:
		defer c.cc.Close()
	default:
		p.add(c)
	}
	p.mu.Unlock()
}

// add adds a connection that was made. mu is held.
func (p *pool) add(c *conn) {
	c.idleSince, c.counted = c.born, true
	p.connects++
	if o := p.transport.observer; o != nil {
		o.Opened()
	}
	if c.gone {
		p.tellClosed(c)
		p.fail(errNoPeer)
		return
	}
	p.conns = append(p.conns, c)
	p.serve()
	p.again()
	p.schedule()
}

// again makes a further connection if some wait. mu is held.
func (p *pool) again() {
	if p.waiters.Len() > 0 {
		p.dial()
		p.hook()
	}
}

// fail gives the error of a connection that could not be made to all that wait, unless there
// are others that they can wait for. mu is held.
func (p *pool) fail(err error) {
	for _, c := range p.conns {
		if !c.gone && c.active > 0 && !p.expired(c, time.Now(), p.transport.tlsVersion()) {
			return
		}
	}
	for e := p.waiters.Front(); e != nil; e = p.waiters.Front() {
		p.waiters.Remove(e).(*waiter).got <- taken{err: p.transport.failure(relay.OpConnect, err)}
	}
}

// serve gives streams to those that wait, in the order of arrival. mu is held.
func (p *pool) serve() {
	for e := p.waiters.Front(); e != nil; e = p.waiters.Front() {
		got, old := p.reserve()
		if len(old) > 0 {
			go closeAll(old)
		}
		if got.conn == nil {
			p.lookAgain()
			return
		}
		p.waiters.Remove(e).(*waiter).got <- got
	}
	for _, c := range p.conns {
		if c.hooked {
			c.hooked = false
			c.cc.SetStateHook(nil)
		}
	}
}

// lag is how long after the end of a response net/http may need to give its stream back.
const lag = 2 * time.Millisecond

// lookAgain serves those that wait once more in a moment, if net/http has yet to give streams
// back whose requests have ended. Its hook is not enough: it is not called if a stream was
// given back, taken and given back again while it ran. mu is held.
func (p *pool) lookAgain() {
	if p.looking || !slices.ContainsFunc(p.conns, func(c *conn) bool { return c.active < c.cc.InFlight() }) {
		return
	}
	p.looking = true
	time.AfterFunc(lag, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.looking = false
		p.serve()
		p.again()
	})
}

// hook has the connections wake those that wait. mu is held.
func (p *pool) hook() {
	for _, c := range p.conns {
		if !c.hooked {
			c.hooked = true
			c.cc.SetStateHook(func(*http.ClientConn) { p.wake() })
		}
	}
}

// wake serves those that wait, in a goroutine of its own: it is called by net/http, which may
// have been called with mu held.
func (p *pool) wake() {
	if p.waking.Swap(true) {
		return
	}
	go func() {
		p.waking.Store(false)
		p.mu.Lock()
		p.serve()
		p.again()
		p.mu.Unlock()
	}()
}
