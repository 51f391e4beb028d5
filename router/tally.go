package router

import (
	"time"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/resolve"
)

// A Tally is what a router has counted of a service or of a replica set, in short: it
// takes a fraction of what [ServiceStats] and [ClientStats] take.
type Tally struct {
	Name              resolve.Path
	Success, Failures uint64
	Again             uint64 // retries of a service, requeues of a replica set
	Pending           int64
	client            *client // nil: of a service
}

// A SetTally is what is known of the addresses of a replica set.
type SetTally struct {
	Size, Available int       // endpoints, and those of them that are alive
	Open            int       // connections to them; negative: their transports count none
	Told            time.Time // when its namer gave the addresses
	// Err is what the namer said last when it failed, at Erred; a set that was known
	// stays in use then.
	Err   error
	Erred time.Time
}

// Tallies calls services and clients with all that there are, in no order. They must not
// call the router, and use the Tally only until they return.
func (r *Router) Tallies(services, clients func(Tally)) {
	r.services.mu.Lock()
	for _, s := range r.services.all {
		services(s.tally())
	}
	r.services.mu.Unlock()
	r.clients.values(func(c *client) { clients(c.tally()) })
}

func (s *service) tally() Tally {
	c := &s.stats
	return Tally{s.name, c.success.Load(), c.failures.Load(), c.retries.Load(), c.pending.Load(), nil}
}

func (c *client) tally() Tally {
	s := &c.stats
	return Tally{c.id, s.success.Load(), s.failures.Load(), s.requeues.Load(), s.pending.Load(), c}
}

// Set returns what is known of the addresses of a replica set; nothing for a service.
func (t Tally) Set() (s SetTally) {
	if t.client == nil {
		return s
	}
	if told := t.client.told.Load(); told != nil {
		s.Told, s.Err, s.Erred = told.at, told.err, told.failed
	}
	s.Open = -1
	for _, e := range t.client.set.Endpoints() {
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

// LatenciesAt returns how long requests took by these services and at these clients,
// without the pairs.
func (r *Router) LatenciesAt(services, clients []resolve.Path) histogram.Latencies {
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

// Pairs returns what the requests by one service did at each client, as far as the router
// tells them apart.
func (r *Router) Pairs(service resolve.Path) (all []histogram.Pair) {
	pairs, _ := r.pairs.read(r.now(), func(p resolve.Path) bool { return p == service })
	for _, one := range pairs {
		if one.Service == service {
			all = append(all, one)
		}
	}
	return all
}
