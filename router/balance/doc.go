// Package balance chooses which replica of a set gets a request, and learns
// from what becomes of it.
//
// A [Set] keeps one [Endpoint] for each replica while the replica set changes.
// For each change a [Balancer], which is a policy, makes a [Picker] over the
// endpoints. Picking never blocks, takes no lock and does not allocate. What is
// learned about load and health lives on the endpoints, so that it outlives the
// picker.
//
// A request goes through four calls:
//
//	endpoint := picker.Pick(request)
//	use := endpoint.Begin()
//	change := use.Report(balance.Success) // once it is known what came of it
//	use.End()                             // once its connection is given back
//
// # Balancers
//
//	P2C, NewP2C     of two endpoints taken at random the one with fewer requests in flight
//	NewEWMA         the same by expected latency, quick to notice slowness
//	NewAperture     the same among a few endpoints, as many as the load needs
//	Heap            the one of all with the fewest requests in flight
//	NewRoundRobin   one after the other
//	Weighted        any of them within classes of equal weight
//
// # Failure accrual
//
// An endpoint whose [Policy] finds that it fails too often is dead for a while:
// balancers pass it by, as long as they find others. After that time it gets
// one request, the probe, by which it lives again or is dead for longer, as
// [Backoff] says. An [Accrual] makes a policy for each endpoint. There are no
// timers: that time is up is seen by who looks.
//
// # Extending it
//
// Balancer, Accrual and Backoff are interfaces of one method; package
// balancetest has the tests that theirs must pass, and fakes.
package balance
