package balance

// An Accrual is a way of telling dead endpoints from live ones.
type Accrual interface {
	// Policy returns the policy of one endpoint, with no history; nil for an
	// endpoint that is never dead.
	Policy() Policy
}

// A Policy judges one endpoint by what becomes of its requests.
type Policy interface {
	// Success is told of each request that succeeded. Many goroutines call it
	// at once, and while another one is in Failure or Revived: it is on the
	// way of every request and must not wait for them.
	Success()
	// Failure is told of a request that failed, of an endpoint that is alive or
	// is probed, and says whether the endpoint is to be dead. One goroutine at
	// a time is in Failure or Revived.
	Failure() (dead bool)
	// Revived says that a probe succeeded: what was before does not count any
	// more. The success of the probe is told afterwards.
	Revived()
}

// NoAccrual never marks an endpoint dead (none in a Linkerd configuration).
func NoAccrual() Accrual { return noAccrual{} }

type noAccrual struct{}

func (noAccrual) Policy() Policy { return nil }
