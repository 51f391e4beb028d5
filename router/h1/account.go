package h1

import (
	"time"

	"github.com/meshhop/meshhop/internal/traffic"
)

// account is what a connection has to tell the observer.
type account struct {
	*traffic.Meter
	own       traffic.Meter
	secure    bool // what is on the wire is counted there
	born      time.Time
	exchanges uint64 // of the goroutine of the exchange
}

func (a *account) init(of *traffic.Wire) {
	a.Meter = &a.own
	if of != nil {
		a.Meter, a.secure = of.Meter, true
	}
}

// Read counts bytes that were read, Wrote those that were written, and Copied both.
func (a *account) Read(n int) {
	if !a.secure {
		a.Meter.Read(n)
	}
}

func (a *account) Wrote(n int) {
	if !a.secure {
		a.Meter.Wrote(n)
	}
}

func (a *account) Copied(read, wrote int64) {
	if !a.secure {
		a.Meter.Copied(read, wrote)
	}
}

// tellAfter is how many bytes of an exchange the observer is told of before it ends.
const tellAfter = 1 << 20

// Observe has the transport tell of its connections from now on, for the packages of this
// module. It must be called before the first request, if at all.
func (t *Transport) Observe(by traffic.Client) { t.pool.observer = by }

// dialed tells of an attempt to make a connection.
func (t *Transport) dialed(now, began time.Time, end traffic.DialEnd) {
	o := t.pool.observer
	if o == nil {
		return
	}
	o.Dialed(traffic.Dial{At: now, Took: now.Sub(began), End: end})
	if end == traffic.Connected {
		o.Opened()
	}
}

// tell tells of the bytes that have moved.
func (p *pool) tell(a *account) {
	if p.observer != nil {
		a.Tell(p.observer, 0, 0)
	}
}

// tellSome is tell, where much has moved.
func (p *pool) tellSome(a *account) {
	if p.observer != nil && a.Untold() >= tellAfter {
		a.Tell(p.observer, 0, 0)
	}
}

// over tells of the end of a connection.
func (p *pool) over(a *account) {
	if p.observer == nil {
		return
	}
	p.tell(a)
	now := time.Now()
	c := traffic.Conn{At: now, Lasted: now.Sub(a.born), Requests: a.exchanges}
	c.Received, c.Sent = a.Bytes()
	p.observer.Closed(c)
}
