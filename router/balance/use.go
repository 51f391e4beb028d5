package balance

import (
	"math"
	"time"
)

// A Use is one request at an endpoint, from [Endpoint.Begin] to [Use.End]. It
// is for one goroutine at a time.
type Use struct {
	endpoint *Endpoint
	began    time.Duration // by the clock of the meter, or never
	probe    bool          // the endpoint waits for what becomes of this one
	reported bool
	relapsed bool // a failure of the probe came after its success
}

// Begin counts one more request in flight. The Use must be ended, once.
func (e *Endpoint) Begin() Use {
	e.pending.Add(1)
	u := Use{endpoint: e, began: never, probe: e.health.admit()}
	if m := e.meter.Load(); m != nil {
		u.began = (*m).begin()
	}
	return u
}

// Probe says whether the endpoint is dead and this request is to show whether
// it still is.
func (u *Use) Probe() bool { return u.probe }

// Report says what came of the request, as soon as that is known: with the head
// of its answer, or the error in its place. Only the first report counts, but that
// the success of a probe, for which everybody waits, may be followed by a failure:
// its answer broke off. The result is what it changed about the endpoint.
func (u *Use) Report(o Outcome) Change {
	if u.reported {
		if !u.probe || u.relapsed || o != Failure {
			return Change{}
		}
		u.relapsed = true
		return u.endpoint.health.report(Failure, false)
	}
	u.reported, u.relapsed = true, o != Success
	return u.endpoint.health.report(o, u.probe)
}

// End counts one request less. It is called once the request's connection is
// given back, or there was none. A request without a report was [Ignorable].
func (u *Use) End() {
	u.Report(Ignorable)
	e := u.endpoint
	e.pending.Add(-1)
	if m := e.meter.Load(); m != nil {
		(*m).end(u.began)
	}
	if e.retired.Load() {
		e.closeIdle()
	}
}

// An Outcome is what a request says about the endpoint that it was sent to.
type Outcome uint8

const (
	// Ignorable: nothing, such as when the caller gave up.
	Ignorable Outcome = iota
	// Success: it works.
	Success
	// Failure: it does not, or could not be reached.
	Failure
)

// meter measures an endpoint for a balancer. Its methods are called by many
// goroutines at once, after the request is counted.
type meter interface {
	// begin returns the time by a clock of the meter's own.
	begin() (now time.Duration)
	// end gets what begin returned, or never if that is not known.
	end(began time.Duration)
}

// never is a time at which nothing was.
const never time.Duration = math.MinInt64
