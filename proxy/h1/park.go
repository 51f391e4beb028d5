package h1

import (
	"sync"
	"sync/atomic"
	"time"
)

// A connection that has had no request for parkAfter is parked: it gives its goroutine back,
// whose stack is most of what an idle connection costs, and the lot waits for its input. On a
// connection that is in use a request pays for that with two atomic changes.
//
// Its goroutine waits in a read, so that the lot, which alone sees how long, ends the read
// with a deadline in the past. The goroutine then hands the connection over as the last thing
// that it does. Whoever takes the connection out of the lot starts a goroutine for it again:
// the lot when there is input, or whoever closes the connection.

// parkAfter is how long a connection is idle before it is parked; it may be twice as long.
const parkAfter = time.Second

// parking is what a connection has to do with the lot.
type parking struct {
	wait  atomic.Uint64 // which wait for a request it is, above the state of that wait
	space atomic.Uint64 // where in the lot it is; 0: it has a goroutine
	mu    sync.Mutex    // is held while the lot ends a wait

	seen uint64 // the value of wait when the lot looked last

	// For its goroutine.
	leaves bool // it is to be handed over
	stays  bool // it cannot be
}

// The states of a wait.
const (
	notWaiting uint64 = iota
	isWaiting         // for the first byte of a request
	toldToPark        // the lot has ended the wait

	waitStates = 4
)

// beginWait is called before a connection waits for a request, and endWait after it. endWait
// reports whether the lot has ended the wait.
func (p *parking) beginWait() { p.wait.Store(p.wait.Load() + waitStates + isWaiting) }

func (p *parking) endWait(c *conn) (told bool) {
	number := p.wait.Load() / waitStates * waitStates
	if p.wait.CompareAndSwap(number+isWaiting, number) {
		return false
	}
	p.mu.Lock() // the lot has set the deadline when it can be locked
	defer p.mu.Unlock()
	p.wait.Store(number)
	_ = c.nc.SetReadDeadline(time.Time{})
	return true
}

// tellToPark ends the wait for a request that has gone on since the lot looked last.
func (p *parking) tellToPark(c *conn) {
	now := p.wait.Load()
	if now != p.seen || now%waitStates != isWaiting {
		p.seen = now
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wait.CompareAndSwap(now, now-isWaiting+toldToPark) {
		_ = c.nc.SetReadDeadline(passed())
	}
}

// closeTeller is a connection that others than its server close. It calls closed after that,
// because nobody waits for a parked connection who would notice.
type closeTeller interface {
	OnClose(closed func())
}

// unpark starts a goroutine for a connection that was closed while it was parked.
func (c *conn) unpark() {
	if space := c.parked.space.Load(); space != 0 && c.server.lot.take(space) == c {
		go c.serve()
	}
}
