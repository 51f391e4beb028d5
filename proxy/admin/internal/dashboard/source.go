package dashboard

import (
	"net/netip"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/internal/hophandler"
	"github.com/meshhop/meshhop/internal/record"
	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// A Server is a handler of requests, by the name that metrics have for it.
type Server struct {
	Name        string
	Handler     *proxy.Handler
	Connections func() serve.Stats    // nil: nobody counts
	Addr        func() netip.AddrPort // where it listens; nil or invalid: as its name says
}

// source is the routers and servers of one dashboard, and what they had counted when they
// were last read.
type source struct {
	routers      []*routerSource
	servers      []Server
	fine, coarse map[key]histogram.Counts     // of names that have a past
	keep         func(oteltrace.TraceID) bool // of requests that did not fail; nil: all
}

// routerSource is a router with its servers.
type routerSource struct {
	*router.Router
	label             string
	watch             routerview.Watch
	own               counted
	servers           []*serverSource
	services, clients names
	pass              int // of the sweeps
}

type serverSource struct {
	Server
	counted
}

// counted is a name as one source counts it.
type counted struct {
	*known
	now   counters
	set   setView
	list  *names // that it stands in; nil: a router or a server
	place int    // there
	pass  int    // the last sweep that found it
}

type counters struct {
	success, failures, again uint64
	pending                  int64
}

func newSource(routers []*router.Router, servers []Server) *source {
	s := &source{servers: servers, fine: map[key]histogram.Counts{}, coarse: map[key]histogram.Counts{}}
	for _, r := range routers {
		one := &routerSource{Router: r, label: r.Label(), watch: r.View().Watch()}
		one.services.all, one.clients.all = map[resolve.Path]*counted{}, map[resolve.Path]*counted{}
		for _, server := range servers {
			if server.Handler.Router() == r {
				one.servers = append(one.servers, &serverSource{Server: server})
			}
		}
		s.routers = append(s.routers, one)
	}
	return s
}

func (s *source) observe(f func(*record.Record)) {
	for _, one := range s.servers {
		(*hophandler.Handler)(one.Handler).Observe(f)
	}
}

// forget ends observing the handlers that no other source has.
func (s *source) forget(others []*source) {
	stays := map[*proxy.Handler]bool{}
	for _, o := range others {
		for _, one := range o.servers {
			stays[one.Handler] = true
		}
	}
	for _, one := range s.servers {
		if !stays[one.Handler] {
			(*hophandler.Handler)(one.Handler).Observe(nil)
		}
	}
}

// read notes what has happened since the source was last read. At first it only notes
// where everything stands: what was there before is not of this tick.
func (s *source) read(h *History, first bool) {
	for _, r := range s.routers {
		services, clients := r.watch.Changed(
			func(t routerview.Tally) { r.services.count(h, s, key{ofService, r.label, t.Name.String()}, t, first) },
			func(t routerview.Tally) { r.clients.count(h, s, key{ofClient, r.label, t.Name.String()}, t, first) })
		r.sweep(h, services, clients)
		stats := r.Stats()
		r.own.count(h, s, key{ofRouter, r.label, r.label}, counters{stats.Success, stats.Failures, r.services.again + r.clients.again, stats.Pending}, first)
		for _, one := range r.servers {
			stats := one.Handler.Stats()
			one.count(h, s, key{ofServer, r.label, one.Name}, counters{stats.Success, stats.Failures, 0, stats.Pending}, first)
		}
	}
}

// count notes what a name has counted, and what that is more than before.
func (c *counted) count(h *History, s *source, k key, now counters, first bool) {
	was := c.now
	if c.known == nil {
		c.known = h.know(k, first)
		c.sources++
		if first {
			was = now
			was.pending = 0
		}
	}
	if h.newest() == s {
		c.shown = c
	}
	if now.success < was.success || now.failures < was.failures || now.again < was.again {
		was = counters{pending: was.pending} // it had left its cache, and counts from zero again
	}
	failed := now.failures - was.failures
	c.pending += now.pending - was.pending
	c.now = now
	h.note(c.known, tally{float32(now.success - was.success + failed), float32(failed), float32(now.again - was.again)})
}

// gone takes the name from its source.
func (c *counted) gone(h *History) {
	if c.known == nil {
		return
	}
	c.pending -= c.now.pending
	if c.shown == c {
		c.shown = nil
	}
	if c.sources--; c.sources == 0 {
		delete(h.names, c.key)
	}
}

// each calls f with all names of the source.
func (s *source) each(f func(*counted)) {
	for _, r := range s.routers {
		f(&r.own)
		for _, one := range r.servers {
			f(&one.counted)
		}
		for _, n := range []*names{&r.services, &r.clients} {
			for _, one := range n.list {
				f(one)
			}
		}
	}
}

// view is what the source shows now.
func (s *source) view(h *History) (all []*routerView) {
	for _, r := range s.routers {
		v := &routerView{figures: h.figuresOf(&r.own), router: r.Router, services: r.services.views, clients: r.clients.views, open: r.clients.open, dead: r.clients.someDead()}
		r.services.lent, r.clients.lent = true, true
		for _, one := range r.servers {
			server := &serverView{figures: h.figuresOf(&one.counted), stats: one.Handler.Stats()}
			if one.Connections != nil {
				conns := one.Connections()
				server.open, server.received, server.sent, server.badHeads = int(conns.Connections), conns.Received, conns.Sent, conns.RefusedHeads
			}
			v.servers = append(v.servers, server)
		}
		all = append(all, v)
	}
	return all
}
