package dashboard

import (
	"cmp"
	"slices"

	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/resolve"
)

const (
	// sweepEvery is how many ticks there are between two looks for names that are gone.
	sweepEvery = 10
	// setsEvery is within how many ticks the addresses of every client are looked at. Those
	// of a client that is asked for are looked at in each.
	setsEvery = 30
	// maxDead bounds how many clients of which no endpoint is alive are named.
	maxDead = 5
)

// names are the services or the clients of a router, and how they are shown.
type names struct {
	all   map[resolve.Path]*counted
	list  []*counted
	views []*nameView // of the list
	// lent says that a snapshot has the views: they are copied before the next change.
	lent  bool
	again uint64 // retries, since there is a history
	open  int    // connections
	dead  map[*counted]bool
	swept uint64 // the tick of the last sweep
	next  int    // whose addresses are looked at next
}

// count takes a tally.
func (n *names) count(h *History, s *source, k key, t routerview.Tally, first bool) {
	c := n.all[t.Name]
	if c == nil {
		c = &counted{list: n, place: len(n.list)}
		n.all[t.Name] = c
		n.list = append(n.list, c)
		n.own()
		n.views = append(n.views, &nameView{figures: figures{key: k}, id: t.Name, row: k.name + " of " + k.router})
	}
	before := c.now.again
	c.count(h, s, k, counters{t.Success, t.Failures, t.Again, t.Pending}, first)
	c.id = t.Name
	if c.now.again > before && !first {
		n.again += c.now.again - before
	}
	if k.kind == ofClient {
		c.setTo(t.Set())
	}
}

func (c *counted) setTo(s routerview.SetTally) {
	c.set = setView{s.Size, s.Available, s.Open}
}

// own makes the views such that they may be changed.
func (n *names) own() {
	if n.lent {
		n.views, n.lent = slices.Clone(n.views), false
	}
}

// show shows a name as it is now.
func (n *names) show(h *History, c *counted) {
	n.own()
	before := n.views[c.place]
	n.views[c.place] = &nameView{h.figuresOf(c), c.id, before.row, c.set}
	n.moved(c, before.set, c.set)
}

// moved keeps the sums over all addresses.
func (n *names) moved(c *counted, before, now setView) {
	n.open += max(now.open, 0) - max(before.open, 0)
	if now.size > 0 && now.available == 0 {
		if n.dead == nil {
			n.dead = map[*counted]bool{}
		}
		n.dead[c] = true
	} else if n.dead != nil {
		delete(n.dead, c)
	}
}

// drop takes a name out.
func (n *names) drop(h *History, c *counted) {
	c.gone(h)
	n.own()
	n.moved(c, n.views[c.place].set, setView{})
	last := len(n.list) - 1
	n.list[c.place], n.views[c.place] = n.list[last], n.views[last]
	n.list[c.place].place = c.place
	n.list[last] = nil
	n.list, n.views = n.list[:last], n.views[:last]
	delete(n.all, c.id)
}

// sweep drops the names that are gone, if there are fewer than are known.
func (r *routerSource) sweep(h *History, services, clients int) {
	late := func(n *names, there int) bool { return there < len(n.list) && h.tick >= n.swept+sweepEvery }
	if !late(&r.services, services) && !late(&r.clients, clients) {
		return
	}
	r.pass++
	mark := func(n *names) func(routerview.Tally) {
		return func(t routerview.Tally) {
			if c := n.all[t.Name]; c != nil {
				c.pass = r.pass
			}
		}
	}
	r.View().Tallies(mark(&r.services), mark(&r.clients))
	for _, n := range []*names{&r.services, &r.clients} {
		n.swept = h.tick
		for i := len(n.list) - 1; i >= 0; i-- {
			if c := n.list[i]; c.pass != r.pass {
				n.drop(h, c)
			}
		}
	}
}

// look looks at the addresses of some clients.
func (r *routerSource) look(h *History) {
	n := &r.clients
	for range (len(n.list) + setsEvery - 1) / setsEvery {
		if n.next >= len(n.list) {
			n.next = 0
		}
		c := n.list[n.next]
		n.next++
		if s, ok := r.View().SetOf(c.id); ok {
			before := c.set
			if c.setTo(s); c.set != before {
				n.show(h, c)
			}
		}
	}
}

// someDead are clients of which no endpoint is alive, in the order of their names.
func (n *names) someDead() (all []*nameView) {
	for c := range n.dead {
		all = append(all, n.views[c.place])
	}
	slices.SortFunc(all, func(a, b *nameView) int { return cmp.Compare(a.name, b.name) })
	return all[:min(len(all), maxDead)]
}
