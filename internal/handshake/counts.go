package handshake

import (
	"errors"
	"sync/atomic"
)

// Counts count handshakes. The zero value is ready for use, and safe for concurrent use.
type Counts struct {
	done   atomic.Uint64
	failed [Reasons]atomic.Uint64
}

// Handshake counts one; nil: it succeeded.
func (c *Counts) Handshake(err error) {
	if err == nil {
		c.done.Add(1)
	} else {
		c.failed[ReasonOf(err)].Add(1)
	}
}

// Read returns what was counted until now.
func (c *Counts) Read() Totals {
	t := Totals{Done: c.done.Load()}
	for i := range c.failed {
		t.failed[i] = c.failed[i].Load()
	}
	return t
}

// Totals are what [Counts] had counted at one moment.
type Totals struct {
	Done   uint64
	failed [Reasons]uint64
}

// Failed returns how many failed for a reason.
func (t Totals) Failed(why Reason) uint64 { return t.failed[why] }

// Any reports whether there were any.
func (t Totals) Any() bool { return t != Totals{} }

// Plus returns the sum of two.
func (t Totals) Plus(more Totals) Totals {
	t.Done += more.Done
	for i, n := range more.failed {
		t.failed[i] += n
	}
	return t
}

// Of returns the error of a handshake in err, or nil.
func Of(err error) *Error {
	e := (*Error)(nil)
	errors.As(err, &e)
	return e
}
