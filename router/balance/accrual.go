package balance

// An Accrual is a rule by which endpoints are marked dead.
type Accrual interface {
	// Policy returns a policy without history for one endpoint, or nil if the
	// endpoint is never to be marked dead.
	Policy() Policy
}

// A Policy decides from the outcomes of its requests whether one endpoint is dead.
type Policy interface {
	// Success is called for each request that succeeded. Many goroutines call it at
	// once, also while another goroutine is in Failure or Revived. It must not wait
	// for them, because every request calls it.
	Success()
	// Failure is called for each request that failed at an endpoint that is alive
	// or is being probed. It returns whether the endpoint is to be marked dead.
	// Only one goroutine at a time is in Failure or Revived.
	Failure() (dead bool)
	// Revived is called when a probe has succeeded: outcomes from before do not count
	// any more. Success is called for the probe afterwards.
	Revived()
}

// NoAccrual never marks an endpoint dead (none in a Linkerd configuration).
func NoAccrual() Accrual { return noAccrual{} }

type noAccrual struct{}

func (noAccrual) Policy() Policy { return nil }
