package dashboard

import (
	"time"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/internal/hophandler"
	"github.com/meshhop/meshhop/internal/record"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// A Server is a handler of requests, by the name that metrics have for it.
type Server struct {
	Name        string
	Handler     *proxy.Handler
	Connections func() serve.Stats // nil: nobody counts
}

// source is the routers and servers of one dashboard, and what they had counted when they
// were last read.
type source struct {
	routers []*router.Router
	servers []Server
	before  map[key]counters
	fine    map[key]histogram.Counts
	coarse  map[key]histogram.Counts
}

type counters struct{ success, failures, retries uint64 }

// change is what a name did within a tick, at all sources.
type change struct {
	ended, failed, again uint64
	pending              int64
	fine, coarse         *histogram.Counts // what took so long
	recent               *histogram.Counts // the last minute
}

// reading is a tick under way.
type reading struct {
	tracked func(key) bool // whether latencies are wanted
	changes map[key]*change
	coarse  bool // a coarse tick ends
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

// read returns what the source has now, and adds what changed to the reading. With none
// it only notes where everything stands.
func (s *source) read(into *reading) *snapshot {
	if into == nil {
		into = &reading{func(k key) bool { return k.kind < ofService }, map[key]*change{}, true}
	}
	before, shown := s.before, new(snapshot)
	s.before = make(map[key]counters, len(before))
	if s.fine == nil {
		s.fine, s.coarse = map[key]histogram.Counts{}, map[key]histogram.Counts{}
	}
	for _, r := range s.routers {
		view := s.readRouter(r, before, into)
		s.readServers(view, before, into)
		s.readLatencies(view, into)
		shown.routers = append(shown.routers, view)
	}
	s.prune()
	return shown
}

func (s *source) readRouter(r *router.Router, before map[key]counters, into *reading) *routerView {
	label := r.Label()
	v := &routerView{router: r, stats: r.Stats()}
	services, clients := r.ServiceStats(), r.ClientStats()
	v.services, v.clients = make([]*serviceView, 0, len(services)), make([]*clientView, 0, len(clients))
	var retries uint64
	for i := range services {
		one := &serviceView{stats: services[i]}
		k := key{ofService, label, one.stats.Name.String()}
		one.figures = s.count(k, counters{one.stats.Success, one.stats.Failures, one.stats.Retries.Total}, one.stats.Pending, before, into)
		retries += one.stats.Retries.Total
		v.services = append(v.services, one)
	}
	for i := range clients {
		one := &clientView{stats: clients[i]}
		k := key{ofClient, label, one.stats.ID.String()}
		one.figures = s.count(k, counters{one.stats.Success, one.stats.Failures, one.stats.Requeues.Total}, one.stats.Pending, before, into)
		retries += one.stats.Requeues.Total
		v.clients = append(v.clients, one)
	}
	k := key{ofRouter, label, label}
	v.figures = s.count(k, counters{v.stats.Success, v.stats.Failures, retries}, v.stats.Pending, before, into)
	return v
}

func (s *source) readServers(v *routerView, before map[key]counters, into *reading) {
	for _, one := range s.servers {
		if one.Handler.Router() != v.router {
			continue
		}
		server := &serverView{stats: one.Handler.Stats()}
		if one.Connections != nil {
			conns := one.Connections()
			server.open, server.received, server.sent, server.badHeads = int(conns.Connections), conns.Received, conns.Sent, conns.RefusedHeads
		}
		k := key{ofServer, v.name, one.Name}
		server.figures = s.count(k, counters{server.stats.Success, server.stats.Failures, 0}, server.stats.Pending, before, into)
		v.servers = append(v.servers, server)
	}
}

// count notes what a name has counted, and what that is more than before.
func (s *source) count(k key, now counters, pending int64, before map[key]counters, into *reading) figures {
	was := before[k]
	if now.success < was.success || now.failures < was.failures || now.retries < was.retries {
		was = counters{} // it had left its cache, and counts from zero again
	}
	s.before[k] = now
	c := into.of(k)
	failed := now.failures - was.failures
	c.ended += now.success - was.success + failed
	c.failed += failed
	c.again += now.retries - was.retries
	c.pending += pending
	return figures{key: k, success: now.success, failures: now.failures, retries: now.retries, pending: pending}
}

func (r *reading) of(k key) *change {
	c := r.changes[k]
	if c == nil {
		c = new(change)
		r.changes[k] = c
	}
	return c
}

// readLatencies reads how long those took that are tracked. Those of a router are those
// of its servers or, where it has none, of the services.
func (s *source) readLatencies(v *routerView, into *reading) {
	var whole histogram.Snapshot
	for _, one := range s.servers {
		if one.Handler.Router() == v.router {
			latency := (*hophandler.Handler)(one.Handler).Latency().Total()
			s.took(key{ofServer, v.name, one.Name}, latency, into)
			whole = whole.Plus(latency)
		}
	}
	wanted := map[resolve.Path]bool{}
	for _, one := range v.services {
		wanted[one.stats.Name] = into.tracked(one.key)
	}
	for _, one := range v.clients {
		wanted[one.stats.ID] = wanted[one.stats.ID] || into.tracked(one.key)
	}
	latencies := v.router.LatenciesOf(func(p resolve.Path) bool { return wanted[p] })
	for name, latency := range latencies.Services {
		total := latency.Total()
		s.took(key{ofService, v.name, name.String()}, total, into)
		if len(v.servers) == 0 {
			whole = whole.Plus(total)
		}
	}
	for id, latency := range latencies.Clients {
		s.took(key{ofClient, v.name, id.String()}, latency.Total(), into)
	}
	s.took(v.key, whole, into)
}

// took notes how long those took that ended since the last tick, fine and coarse.
func (s *source) took(k key, now histogram.Snapshot, into *reading) {
	if !into.tracked(k) {
		return
	}
	c := into.of(k)
	c.fine = since(c.fine, now.All, s.fine, k)
	if into.coarse {
		c.coarse = since(c.coarse, now.All, s.coarse, k)
	}
	recent := now.Recent
	if c.recent != nil {
		recent = recent.Plus(*c.recent)
	}
	c.recent = &recent
}

// since adds to sum what was counted after before[k], which becomes what there is now.
// What is seen for the first time counts from now on.
func since(sum *histogram.Counts, now histogram.Counts, before map[key]histogram.Counts, k key) *histogram.Counts {
	was, known := before[k]
	before[k] = now
	if !known {
		return sum
	}
	more := minus(now, was)
	if sum != nil {
		more = more.Plus(*sum)
	}
	return &more
}

// minus is what was counted between two readings; all of the later one if the counts
// began again.
func minus(now, before histogram.Counts) histogram.Counts {
	var more histogram.Counts
	b := before.Buckets
	for _, n := range now.Buckets {
		for len(b) > 0 && b[0].Index < n.Index {
			return now // a bucket is gone
		}
		if len(b) > 0 && b[0].Index == n.Index {
			if b[0].N > n.N {
				return now
			}
			n.N -= b[0].N
			b = b[1:]
		}
		if n.N > 0 {
			more.Buckets = append(more.Buckets, n)
		}
	}
	if len(b) > 0 {
		return now
	}
	return more
}

// prune drops what is kept of names that are gone.
func (s *source) prune() {
	for _, kept := range []map[key]histogram.Counts{s.fine, s.coarse} {
		for k := range kept {
			if _, ok := s.before[k]; !ok {
				delete(kept, k)
			}
		}
	}
}

// sample is the change as it is remembered, with the latencies of the tick and, if one
// ended, of the coarse tick.
func (c *change) sample() (now, long sample) {
	now = sample{p50: -1, p95: -1, p99: -1, longest: -1}
	long = now
	if c == nil {
		return now, long
	}
	now.requests, now.failures, now.retries, now.pending = float32(c.ended), float32(c.failed), float32(c.again), int32(c.pending)
	now.quantiles(c.fine)
	long.quantiles(c.coarse)
	return now, long
}

func (s *sample) quantiles(of *histogram.Counts) {
	if of == nil || len(of.Buckets) == 0 {
		return
	}
	ms := func(share float64) float32 { return float32(float64(of.Quantile(share)) / float64(time.Millisecond)) }
	s.p50, s.p95, s.p99, s.longest = ms(0.5), ms(0.95), ms(0.99), ms(1)
}
