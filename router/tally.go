package router

import (
	"time"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/resolve"
)

// Tallies implements [routerview.Counter].
func (r view) Tallies(services, clients func(routerview.Tally)) {
	r.services.mu.Lock()
	for _, s := range r.services.all {
		services(s.tally())
	}
	r.services.mu.Unlock()
	r.clients.values(func(c *client) { clients(c.tally()) })
}

func (s *service) tally() routerview.Tally {
	c := &s.stats
	return routerview.Tally{Name: s.name, Success: c.success.Load(), Failures: c.failures.Load(), Again: c.retries.Load(), Pending: c.pending.Load()}
}

func (c *client) tally() routerview.Tally {
	s := &c.stats
	return routerview.Tally{Name: c.id, Success: s.success.Load(), Failures: s.failures.Load(), Again: s.requeues.Load(), Pending: s.pending.Load(), Replicas: c}
}

// Set returns what is known of the addresses.
func (c *client) Set() (s routerview.SetTally) {
	if told := c.told.Load(); told != nil {
		s.Told, s.Err, s.Erred = told.at, told.err, told.failed
	}
	s.Open = -1
	for _, e := range c.set.Endpoints() {
		s.Size++
		if e.Open() {
			s.Available++
		}
		if conns, ok := e.Transport().(*reach).connectionStats(); ok {
			s.Open = max(s.Open, 0) + conns.Open
		}
	}
	return s
}

// told is when a namer gave the addresses of a replica set, and what it said when it
// failed last. It is immutable.
type told struct {
	at     time.Time
	err    error
	failed time.Time
}

// note keeps what the namer says. c.mu is held.
func (c *client) note(state resolve.State[resolve.Replicas]) {
	next := told{}
	if before := c.told.Load(); before != nil {
		next = *before
	}
	switch {
	case state.Status == resolve.OK:
		next.at = state.Since
	case state.Err != nil:
		next.err, next.failed = state.Err, state.Since
	default:
		return
	}
	c.told.Store(&next)
}

// LatenciesAt implements [routerview.Timer].
func (r view) LatenciesAt(services, clients []resolve.Path) histogram.Latencies {
	at := r.now()
	all := histogram.Latencies{
		Born:     r.born,
		Services: make(map[resolve.Path]histogram.Latency, len(services)), Clients: make(map[resolve.Path]histogram.Latency, len(clients)),
	}
	r.services.mu.Lock()
	for _, name := range services {
		if s := r.services.all[name]; s != nil {
			all.Services[name] = s.stats.latency.Read(at)
		}
	}
	r.services.mu.Unlock()
	for _, id := range clients {
		r.clients.look(id, func(c *client) { all.Clients[id] = c.stats.latency.Read(at) })
	}
	return all
}

// Pairs implements [routerview.Timer].
func (r view) Pairs(service resolve.Path) (all []histogram.Pair) {
	pairs, _ := r.pairs.read(r.now(), func(p resolve.Path) bool { return p == service })
	for _, one := range pairs {
		if one.Service == service {
			all = append(all, one)
		}
	}
	return all
}
