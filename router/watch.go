package router

import "github.com/meshhop/meshhop/resolve"

// A Watch is somebody who looks each second at what has changed at the services and the
// replica sets of a router: it takes little for those at which nothing has. Make one with
// [Router.Watch]. Of several at one router, each makes the others see more.
type Watch struct{ router *Router }

// Watch returns a Watch that has seen nothing yet.
func (r *Router) Watch() *Watch { return &Watch{r} }

// seen is what a Watch saw last of the counters beside it; guarded by Router.watching.
type seen struct {
	by           *Watch
	begun, ended uint64
	pending      int64
}

// changed reports whether the counters are others than they were.
func (s *seen) changed(w *Watch, of *counters) bool {
	now := seen{w, of.requests.Load(), of.success.Load() + of.failures.Load(), of.pending.Load()}
	if *s == now {
		return false
	}
	*s = now
	return true
}

// Changed calls services and clients with those at which requests began or ended since the
// last call, and those that are new; at first with all. It returns how many there are. The
// two must not call the router, and use the Tally only until they return.
func (w *Watch) Changed(services, clients func(Tally)) (allServices, allClients int) {
	r := w.router
	r.watching.Lock()
	defer r.watching.Unlock()
	r.services.mu.Lock()
	allServices = len(r.services.all)
	for _, s := range r.services.all {
		if s.seen.changed(w, &s.stats.counters) {
			services(s.tally())
		}
	}
	r.services.mu.Unlock()
	r.clients.each(func(c *client) {
		allClients++
		if c.seen.changed(w, &c.stats.counters) {
			clients(c.tally())
		}
	})
	return allServices, allClients
}

// SetOf returns what is known of the addresses of a replica set; false if it is not in the
// cache.
func (r *Router) SetOf(id resolve.Path) (s SetTally, ok bool) {
	ok = r.clients.look(id, func(c *client) { s = c.tally().Set() })
	return s, ok
}
