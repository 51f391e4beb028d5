package router

import (
	"sync/atomic"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/h1"
)

// Stats is what a router has counted since it was made.
type Stats struct {
	Requests uint64 // begun
	Success  uint64 // answered by a replica, and classified as a success
	Failures uint64 // any other end
	Pending  int64  // in flight now
	// LeftOut counts the entries of requests' own dtabs that look-ups ignored, and
	// Forbidden the requests that were refused because of where their own dtab
	// leads; see [Overrides].
	LeftOut, Forbidden uint64
	// ContextLeftOut is how many l5d-dst-* headers were not sent because they
	// were too long; see proxy.Config.MaxHeaderBytes.
	ContextLeftOut uint64

	Paths   CacheStats
	Clients CacheStats
}

// CacheStats is what a cache of names or replica sets has counted.
type CacheStats struct {
	Size     int    // values now
	Misses   uint64 // values made
	Evicts   uint64 // dropped to make room
	Expires  uint64 // dropped because nobody used them
	Oneshots uint64 // of those dropped: used only once
	// Overflows are values made although there was no room, because requests
	// held all the others.
	Overflows uint64
}

// ClientStats is what a router has counted for one replica set, since it was
// last taken into the cache.
type ClientStats struct {
	ID        resolve.Path
	Requests  uint64 // attempts begun
	Success   uint64 // answered, and classified as a success
	Failures  uint64 // any other end
	Pending   int64  // in flight now
	Endpoints []resolve.Address
	// Balance is what the balancer and failure accrual have counted.
	Balance  balance.Stats
	Requeues RetryStats
	// RetriesRefused are retries that were not made, because those of all
	// services with the same Budget had used it up at this set.
	RetriesRefused uint64

	// Causes are the Failures by what caused them, each that occurred: "status" for a
	// response that the classifier counts as a failure, or else the Kind of the error,
	// such as "connect" or "attempt_timeout".
	Causes map[string]uint64

	ByStatus   map[int]uint64 // attempts that were answered, by the status, from 100 to 599
	Unanswered uint64         // attempts that were not, or were refused

	// Connections are those to all endpoints together, of which only the
	// counters go on for endpoints that have left the set. Nil: the transports
	// do not count any, which those of HTTPTransport do not.
	Connections *h1.Stats
}

// ServiceStats is what a router has counted for one service, since its name was
// last taken into the cache.
type ServiceStats struct {
	Name     resolve.Path
	Success  uint64 // requests that were answered and count as a success
	Failures uint64 // requests that count as a failure, or were not answered
	Pending  int64  // in flight now
	Retries  RetryStats

	// Causes are the Failures by what caused them, as those of [ClientStats].
	Causes map[string]uint64
}

// RetryStats is what a router has counted of requests that it sent again: the retries of
// a service, because the classifier said so, or the requeues of a replica set, because no
// replica had seen them or one refused them unread.
type RetryStats struct {
	Total           uint64 // sent again
	BudgetExhausted uint64 // not, because the budget was used up
	LimitReached    uint64 // not, because of ServicePolicy.MaxRetries, or because the one request had used up its share of the requeues
	NotReplayable   uint64 // not, because the body of the request could not be sent again
	Budget          int64  // how many the budget allows now

	SetExhausted                           uint64 // retries only: not, because services with the same Budget had used it up at the replica set
	TooLate                                uint64 // retries only: not, because the backoff would have been longer than the time left
	ResponseTooLong, ClassificationTimeout uint64 // retries only: responses that were passed on before their end could have the request sent again, because of ServicePolicy.HoldBytes or HoldTime
	NoneAlive                              uint64 // requeues only: not, because no replica of the set was alive
}

func (s *RetryStats) add(more RetryStats) {
	s.Total += more.Total
	s.BudgetExhausted += more.BudgetExhausted
	s.LimitReached += more.LimitReached
	s.NotReplayable += more.NotReplayable
	s.Budget += more.Budget
	s.SetExhausted += more.SetExhausted
	s.TooLate += more.TooLate
	s.ResponseTooLong += more.ResponseTooLong
	s.ClassificationTimeout += more.ClassificationTimeout
	s.NoneAlive += more.NoneAlive
}

// Add adds the counters of another service; the name stays.
func (s *ServiceStats) Add(more ServiceStats) {
	s.Success += more.Success
	s.Failures += more.Failures
	s.Pending += more.Pending
	s.Retries.add(more.Retries)
	addCauses(&s.Causes, more.Causes)
}

// Add adds the counters of another replica set; the id and the endpoints stay.
func (s *ClientStats) Add(more ClientStats) {
	s.Requests += more.Requests
	s.Success += more.Success
	s.Failures += more.Failures
	s.Pending += more.Pending
	s.Balance.Add(more.Balance)
	s.Requeues.add(more.Requeues)
	addCauses(&s.Causes, more.Causes)
	s.RetriesRefused += more.RetriesRefused
	s.Unanswered += more.Unanswered
	if s.ByStatus == nil {
		s.ByStatus = map[int]uint64{}
	}
	for status, n := range more.ByStatus {
		s.ByStatus[status] += n
	}
	if more.Connections != nil {
		if s.Connections == nil {
			s.Connections = new(h1.Stats)
		}
		addConnections(s.Connections, *more.Connections)
	}
}

type routerCounters struct {
	counters
	leftOut, forbidden, contextLeftOut atomic.Uint64
}

// Stats returns the counters as they are now.
func (r *Router) Stats() Stats {
	return Stats{
		Requests: r.stats.requests.Load(),
		Success:  r.stats.success.Load(),
		Failures: r.stats.failures.Load(),
		Pending:  r.stats.pending.Load(),

		LeftOut:        r.stats.leftOut.Load(),
		Forbidden:      r.stats.forbidden.Load(),
		ContextLeftOut: r.stats.contextLeftOut.Load(),

		Paths:   r.bindings.snapshot(),
		Clients: r.clients.snapshot(),
	}
}

// ClientStats returns the counters of each replica set in the cache.
func (r *Router) ClientStats() []ClientStats { return statsOfClients(r.clients.values) }

// ClientStatsOf returns the counters of one replica set; false if it is not in the cache.
func (r *Router) ClientStatsOf(id resolve.Path) (ClientStats, bool) {
	found := statsOfClients(func(f func(*client)) { r.clients.look(id, f) })
	return first(found)
}

func statsOfClients(each func(func(*client))) []ClientStats {
	var all []ClientStats
	each(func(c *client) {
		s := ClientStats{
			ID:       c.id,
			Requests: c.stats.requests.Load(),
			Success:  c.stats.success.Load(),
			Failures: c.stats.failures.Load(),
			Pending:  c.stats.pending.Load(),
			Causes:   c.stats.causes.read(),
			ByStatus: map[int]uint64{}, Unanswered: c.stats.unanswered.Load(),
			Requeues: RetryStats{
				Total:           c.stats.requeues.Load(),
				BudgetExhausted: c.stats.budgetExhausted.Load(),
				LimitReached:    c.stats.limited.Load(),
				NotReplayable:   c.stats.unreplayable.Load(),
				NoneAlive:       c.stats.closed.Load(),
				Budget:          c.budget.balance(),
			},
		}
		s.RetriesRefused = c.stats.retriesRefused.Load()
		s.Connections = c.connections()
		for i := range c.stats.byStatus {
			if n := c.stats.byStatus[i].Load(); n > 0 {
				s.ByStatus[100+i] = n
			}
		}
		s.Endpoints = c.replicas.Load().addresses
		s.Balance = c.set.Stats()
		all = append(all, s)
	})
	return all
}

// ServiceStats returns the counters of each service whose name is in the cache.
func (r *Router) ServiceStats() []ServiceStats {
	r.services.mu.Lock()
	defer r.services.mu.Unlock()
	return statsOfServices(r.services.all)
}

// ServiceStatsOf returns the counters of one service; false if its name is not in the
// cache.
func (r *Router) ServiceStatsOf(name resolve.Path) (ServiceStats, bool) {
	r.services.mu.Lock()
	defer r.services.mu.Unlock()
	s := r.services.all[name]
	if s == nil {
		return ServiceStats{}, false
	}
	return first(statsOfServices(map[resolve.Path]*service{name: s}))
}

func first[T any](all []T) (one T, ok bool) {
	if len(all) == 0 {
		return one, false
	}
	return all[0], true
}

func statsOfServices(wanted map[resolve.Path]*service) []ServiceStats {
	all := make([]ServiceStats, 0, len(wanted))
	for _, s := range wanted {
		all = append(all, ServiceStats{
			Name:     s.name,
			Success:  s.stats.success.Load(),
			Failures: s.stats.failures.Load(),
			Pending:  s.stats.pending.Load(),
			Causes:   s.stats.causes.read(),
			Retries: RetryStats{
				Total:           s.stats.retries.Load(),
				BudgetExhausted: s.stats.budgetExhausted.Load(),
				SetExhausted:    s.stats.setExhausted.Load(),
				LimitReached:    s.stats.limited.Load(),
				NotReplayable:   s.stats.unreplayable.Load(),
				TooLate:         s.stats.late.Load(),

				ResponseTooLong:       s.stats.longHeld.Load(),
				ClassificationTimeout: s.stats.lateHeld.Load(),
				Budget:                s.budget.balance(),
			},
		})
	}
	return all
}
