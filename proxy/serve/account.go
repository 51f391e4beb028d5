package serve

import (
	"io"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/traffic"
)

// account is what a connection has to tell the observer. What a call to read, to write or
// to close changes is atomic, because tunnels make them from several goroutines; all else
// belongs to the goroutine of the connection.
type account struct {
	meter           traffic.Meter // bytes
	answer          atomic.Int64  // to the request: see answered; 0: none yet
	broken          atomic.Bool   // a write failed, or the handler gave up
	copying         atomic.Int32  // the kernel copies bodies, and has not returned yet how much
	upgraded, ended atomic.Bool
	secure          bool // what is on the wire is counted there

	opened        time.Duration // since conns.born, as the other times
	requests      uint64        // served
	head          int           // bytes of the request's head; 0: unknown
	phase         phase
	timed, waited bool
	cut           bool          // the client's bytes ended within the head
	wait, whole   time.Duration // when more of the head had to be waited for, and when it was whole
	before, told  uint64        // received and sent when the exchange began
}

// phase is how far a request has come.
type phase uint8

const (
	noRequest phase = iota
	headRead        // or given up on; net/http does not always say so
	handled         // the handler got it
)

// An answer is when the first byte of the final response was written, and its status in the
// low bits.
const (
	statusBits    = 10
	unknownStatus = 1<<statusBits - 1 // what was written is not HTTP/1
)

// read counts bytes that were read, and wrote those that were written.
func (a *account) read(n int) {
	if !a.secure {
		a.meter.Read(n)
	}
}

func (a *account) wrote(n int) {
	if !a.secure {
		a.meter.Wrote(n)
	}
}

func (c *conns) now() time.Duration { return time.Since(c.born) }

// waits records that the head has begun and that the server waits for more of it.
func (s *connState) waits() {
	// The state comes first: a tunnel may be closed, and told of, by another goroutine.
	if a := &s.account; s.word.Load()&stateMask == stateHead && !a.waited {
		a.waited, a.wait = true, s.home.now()
	}
}

// begin records that the head is whole, or that net/http gave up on it.
func (a *account) begin(home *conns) {
	a.phase, a.timed = headRead, a.requests%traffic.TimedEvery == 0
	if a.timed {
		a.whole = home.now()
	}
}

// handlerBegins records that the handler gets the request, whose head has so many bytes (0:
// unknown). It reports whether the connection ends with it: it has lived long enough, or has
// deadlines because the head was late and came after all.
func (s *connState) handlerBegins(head int) (last bool) {
	a := &s.account
	a.phase, a.head = handled, head
	return s.late.Load() || s.expires()
}

// handlerEnds records that the handler is done; whole is false if it panicked.

func (a *account) handlerEnds(whole bool) {
	if !whole {
		a.broken.Store(true)
	}
}

// begins looks at what is about to be written: the first bytes of the final response have
// its status. Where no handler has got the request, net/http refuses it.
func (s *connState) begins(p []byte) {
	a := &s.account
	status := statusOf(p)
	if status < 200 && status != 101 || s.closed.Load() {
		return // net/http writes each interim response by itself
	}
	var at time.Duration
	if a.timed {
		at = s.home.now()
	}
	if a.answer.CompareAndSwap(0, int64(at)<<statusBits|int64(status)) && a.phase != handled {
		reason := traffic.ReasonOf(status)
		if a.cut { // net/http answers 400
			reason = traffic.BrokenOff
		}
		s.home.observer.Refused(traffic.Refusal{Status: status, Reason: reason})
	}
}

// statusOf is the status of a response that begins with p.
func statusOf(p []byte) int {
	if len(p) < 12 || string(p[:7]) != "HTTP/1." {
		return unknownStatus
	}
	status, err := strconv.Atoi(string(p[9:12]))
	if err != nil || status < 100 {
		return unknownStatus
	}
	return status
}

// served tells of the request that has ended.
func (s *connState) served() {
	a, observer := &s.account, s.home.observer
	if a.phase != handled {
		return
	}
	a.phase = noRequest
	a.requests++
	e := traffic.Exchange{HeadBytes: uint64(a.head), Upgraded: a.upgraded.Load(), Broken: a.broken.Load(), Timed: a.timed}
	received, sent := a.meter.Bytes()
	e.Received, e.Sent = received-a.before, sent-a.told
	a.before, a.told = received, sent
	answer := a.answer.Load()
	if answer != 0 {
		a.answer.Store(0)
		if e.Status = int(answer & unknownStatus); e.Status == unknownStatus {
			e.Status = 0
		}
	}
	if a.timed {
		now, first := s.home.now(), time.Duration(answer>>statusBits)
		e.Ended = s.home.born.Add(now)
		if a.waited {
			e.Head = a.whole - a.wait
		}
		if answer != 0 {
			e.First, e.Write = first-a.whole, now-first
		}
	}
	a.waited = false
	observer.Served(e)
}

// over tells of the end of the connection, once.
func (s *connState) over() {
	a, observer := &s.account, s.home.observer
	if a.ended.Swap(true) {
		return
	}
	switch {
	case a.phase == handled:
		s.served()
	case a.answer.Load() != 0: // it was refused
	case a.phase == headRead || s.word.Load()&stateMask == stateHead:
		refusal := traffic.Refusal{Reason: traffic.BrokenOff}
		if s.late.Load() {
			refusal.Reason = traffic.Late
		}
		observer.Refused(refusal)
	}
	a.meter.Tell(observer, 0, 0)
	now := s.home.now()
	c := traffic.Conn{At: s.home.born.Add(now), Lasted: now - a.opened, Requests: a.requests}
	c.Received, c.Sent = a.meter.Bytes()
	observer.Closed(c)
}

// counted tells of what moved when the connection was over already.
func (s *connState) counted() {
	if s.account.ended.Load() {
		s.account.meter.Tell(s.home.observer, 0, 0)
	}
}

// copied has the kernel copy from the connection or to it, and counts that.
func (s *connState) copied(do func() (int64, error), count func(int64)) (int64, error) {
	s.account.copying.Add(1)
	n, err := do()
	count(n)
	if err != nil {
		s.account.broken.Store(true)
	}
	s.account.copying.Add(-1)
	s.counted()
	return n, err
}

// WriteTo has the kernel copy the connection to w, if it can.
func (c *tcpConn) WriteTo(w io.Writer) (int64, error) {
	s := &c.connState
	return s.copied(func() (int64, error) { return c.TCPConn.WriteTo(w) }, func(n int64) { s.account.meter.Copied(n, 0) })
}

// tellAll tells the observer of what moved on all connections, tunnels included.
func (c *conns) tellAll() {
	c.mu.Lock()
	list := make([]trackedConn, 0, len(c.all)+len(c.tunnels))
	for conn := range c.all {
		list = append(list, conn)
	}
	for conn := range c.tunnels {
		list = append(list, conn)
	}
	c.mu.Unlock()
	for _, conn := range list {
		var received, sent uint64
		if s := conn.state(); s.account.copying.Load() > 0 {
			received, sent = kernelCounts(conn)
		}
		conn.state().account.meter.Tell(c.observer, received, sent)
	}
}
