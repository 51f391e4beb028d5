package router

import (
	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/resolve"
)

// watch is one who looks each second at what has changed.
type watch struct{ router *Router }

// Watch implements [routerview.Counter].
func (r view) Watch() routerview.Watch { return &watch{r.Router} }

// seen is what a watch saw last of the counters beside it; guarded by Router.watching.
type seen struct {
	by           *watch
	begun, ended uint64
	pending      int64
}

// changed reports whether the counters are others than they were.
func (s *seen) changed(w *watch, of *counters) bool {
	now := seen{w, of.requests.Load(), of.success.Load() + of.failures.Load(), of.pending.Load()}
	if *s == now {
		return false
	}
	*s = now
	return true
}

// Changed implements [routerview.Watch].
func (w *watch) Changed(services, clients func(routerview.Tally)) (allServices, allClients int) {
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

// SetOf implements [routerview.Counter].
func (r view) SetOf(id resolve.Path) (s routerview.SetTally, ok bool) {
	ok = r.clients.look(id, func(c *client) { s = c.Set() })
	return s, ok
}
