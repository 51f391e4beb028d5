package balance

// An Accrual is a way of telling dead endpoints from live ones.
type Accrual interface {
	// Policy returns the policy of one endpoint, with no history; nil for an
	// endpoint that is never dead.
	Policy() Policy
}

// A Policy decides from the outcomes of its requests whether one endpoint is dead.
type Policy interface {
	// Success is called for each request that succeeded. Many goroutines call it
	// at once, also while another one is in Failure or Revived: every request
	// calls it, and it must not wait for them.
	Success()
	// Failure is called for each request that failed at an endpoint that is alive
	// or is being probed. It returns whether the endpoint is to be marked dead.
	// Only one goroutine at a time is in Failure or Revived.
	Failure() (dead bool)
	// Revived is called when a probe succeeded: earlier outcomes do not count any
	// more. Success is called for the probe afterwards.
	Revived()
}

// NoAccrual never marks an endpoint dead (none in a Linkerd configuration).
func NoAccrual() Accrual { return noAccrual{} }

type noAccrual struct{}

func (noAccrual) Policy() Policy { return nil }
