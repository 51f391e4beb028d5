// Package balance picks an endpoint of a replica set for each request, and marks
// endpoints dead that fail too often.
//
// A [Set] keeps one [Endpoint] for each address while the replica set changes. For
// each change its [Balancer] makes a [Picker] over the endpoints. Picking never blocks,
// takes no lock and does not allocate. Load and health are kept on the endpoints, so
// that they outlive the picker.
//
// A request makes four calls:
//
//	endpoint := picker.Pick(request)
//	lease := endpoint.Acquire()
//	change := lease.Report(balance.Success) // when its outcome is known
//	lease.Done()                            // when its connection is returned
//
// # Balancers
//
//	P2C         of two random endpoints the one with fewer requests in flight
//	NewEWMA     of two random endpoints the one with the lower expected latency
//	NewAperture P2C among a few endpoints, as many as the load needs
//	Heap        of all endpoints the one with the fewest requests in flight
//	RoundRobin  one endpoint after the other
//	Weighted    any of these, within classes of equal weight
//
// # Failure accrual
//
// An endpoint is marked dead for a while when its [Policy] finds that it fails too
// often: balancers skip it as long as they find others. After that time it gets one
// request, the probe. If the probe succeeds the endpoint is alive again; if it fails
// the endpoint stays dead for longer, as [Backoff] says. An [Accrual] makes a policy
// for each endpoint. There are no timers: expiry is checked whenever an endpoint is
// looked at.
//
// # Extending it
//
// Balancer, Accrual and Backoff are interfaces of one method. Package balancetest
// has fakes, and the tests that implementations must pass.
package balance
