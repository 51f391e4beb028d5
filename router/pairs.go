package router

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/resolve"
)

// maxPairs is how many pairs of a replica set and a name a router tells apart. Names come
// from strangers, and any name may lead to any set.
const maxPairs = 200

// pair is what the requests by one name did at one replica set, which Linkerd counts
// below client/<id>/service/<name>.
type pair struct {
	client            *client
	success, failures atomic.Uint64
	pending           atomic.Int64
	latency           histogram.ByClass
}

type pairKey struct {
	client  *client
	service *service
}

// pairs are those that requests have used, as long as both the name and the replica set
// are in their caches.
type pairs struct {
	mu     sync.Mutex
	own    map[pairKey]*pair                 // at most maxPairs
	folded map[*service]map[*client]struct{} // those for which there was no room
	other  map[*client]*pair                 // what these did
}

func (p *pairs) init() {
	p.own, p.folded, p.other = map[pairKey]*pair{}, map[*service]map[*client]struct{}{}, map[*client]*pair{}
}

// pairOf is the pair that an attempt belongs to. The route remembers it, so that it is
// looked for once.
func (r *Router) pairOf(leaf *route, c *client, s *service) *pair {
	if p := leaf.pair.Load(); p != nil && p.client == c {
		return p
	}
	p := r.pairs.of(pairKey{c, s})
	leaf.pair.Store(p)
	return p
}

// of is the pair of a client and a service that a request holds.
func (p *pairs) of(key pairKey) *pair {
	p.mu.Lock()
	defer p.mu.Unlock()
	if one := p.own[key]; one != nil {
		return one
	}
	one := &pair{client: key.client}
	if len(p.own) < maxPairs {
		p.own[key] = one
		return one
	}
	if p.folded[key.service] == nil {
		p.folded[key.service] = map[*client]struct{}{}
	}
	p.folded[key.service][key.client] = struct{}{}
	if p.other[key.client] == nil {
		p.other[key.client] = one
	}
	return p.other[key.client]
}

// forgetService drops the pairs of a name that has left the cache. Names come and go far
// more often than replica sets, so this looks at no other name's folded pairs.
func (p *pairs) forgetService(s *service) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.folded, s)
	maps.DeleteFunc(p.own, func(k pairKey, _ *pair) bool { return k.service == s })
}

// forgetClient drops the pairs of a replica set that has left the cache.
func (p *pairs) forgetClient(c *client) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.other, c)
	maps.DeleteFunc(p.own, func(k pairKey, _ *pair) bool { return k.client == c })
	for s, clients := range p.folded {
		if delete(clients, c); len(clients) == 0 {
			delete(p.folded, s)
		}
	}
}

// read returns what those with a wanted part have counted until now, and how many are
// folded.
func (p *pairs) read(at time.Duration, wanted func(resolve.Path) bool) (all []histogram.Pair, folded int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, one := range p.own {
		if wanted(key.service.name) || wanted(key.client.id) {
			all = append(all, one.read(key.service.name, at))
		}
	}
	for c, one := range p.other {
		if wanted(c.id) {
			all = append(all, one.read(resolve.Path{}, at))
		}
	}
	for _, clients := range p.folded {
		folded += len(clients)
	}
	return all, folded
}

// count counts an attempt.
func (p *pair) count(class Class) {
	if class == Success {
		p.success.Add(1)
	} else {
		p.failures.Add(1)
	}
}

func (p *pair) read(service resolve.Path, at time.Duration) histogram.Pair {
	return histogram.Pair{
		Client: p.client.id, Service: service,
		Success: p.success.Load(), Failures: p.failures.Load(), Pending: p.pending.Load(),
		Latency: p.latency.Read(at),
	}
}
