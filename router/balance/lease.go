package balance

import (
	"math"
	"time"
)

// A Lease is one request at an endpoint, from [Endpoint.Acquire] to [Lease.Done]. It
// must be used by one goroutine at a time.
type Lease struct {
	endpoint *Endpoint
	started  time.Duration // by the clock of the endpoint's load metric, or never
	probe    bool
	reported bool
	relapsed bool // a failure of the probe was reported after its success
}

// Acquire counts one more request in flight. Done must be called on the lease, once.
func (e *Endpoint) Acquire() Lease {
	e.taken.Add(1<<pendingBits + 1)
	l := Lease{endpoint: e, started: never, probe: e.health.admitProbe()}
	if m := e.metric.Load(); m != nil {
		l.started = (*m).requestStarted()
	}
	return l
}

// Probe reports whether the endpoint was dead and this request tests whether it still
// is.
func (l *Lease) Probe() bool { return l.probe }

// Report reports the outcome of the request. It should be called as soon as the
// outcome is known: when the head of the response has arrived, or an error in its
// place. It returns what the outcome changed about the endpoint. Only the first
// report counts, with one exception: the success of a probe, for which all other
// requests wait, may be followed by a failure, because the response broke off.
func (l *Lease) Report(o Outcome) Change {
	if o == Failure {
		l.endpoint.failed(l)
	}
	if l.reported {
		if !l.probe || l.relapsed || o != Failure {
			return Change{}
		}
		l.relapsed = true
		return l.endpoint.health.report(Failure, false)
	}
	l.reported, l.relapsed = true, o != Success
	return l.endpoint.health.report(o, l.probe)
}

// Done counts one request in flight less. It should be called when the connection of
// the request was returned, or when it is known that there was none. A request
// without a report counts as [Ignorable].
func (l *Lease) Done() {
	l.Report(Ignorable)
	e := l.endpoint
	e.taken.Add(^uint64(0)) // one less in flight
	if m := e.metric.Load(); m != nil {
		(*m).requestDone(l.started)
	}
	if e.retired.Load() {
		e.closeIdleConnections()
	}
}

// An Outcome is what a request says about the endpoint that it was sent to.
type Outcome uint8

const (
	// Ignorable says nothing about the endpoint: the client left, for example.
	Ignorable Outcome = iota
	// Success says that the endpoint works.
	Success
	// Failure says that the endpoint failed, or could not be reached.
	Failure
)

// loadMetric measures the load of an endpoint for a balancer. Many goroutines call its
// methods at once. Both are called after the endpoint's Pending has changed.
type loadMetric interface {
	// requestStarted returns the time by a clock of the metric's own.
	requestStarted() (now time.Duration)
	// requestDone gets what requestStarted returned, or never if the request
	// started under another metric.
	requestDone(started time.Duration)
}

// never is a time before all others.
const never time.Duration = math.MinInt64
