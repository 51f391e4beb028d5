package router

import (
	"sync"
	"sync/atomic"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/resolve"
)

// service is what callers name: its policy, its budget and its counters. All
// bindings of a name share it, whatever dtabs the requests bring with them, or
// strangers could have a budget for each.
type service struct {
	name   resolve.Path
	policy ServicePolicy
	budget *bucket
	seen   seen // beside the counters that it is compared with
	stats  serviceCounters
	stages stage
	own    int  // how many of them are the program's own
	lends  bool // see lent.go
	users  int  // guarded by the services' mu
}

type serviceCounters struct {
	counters
	latency histogram.ByClass
	again   histogram.Numbers // of the requests that were retried, how often

	retries, budgetExhausted, setExhausted, limited, unreplayable, late atomic.Uint64

	longHeld, lateHeld atomic.Uint64 // responses that were passed on undecided: they were too long, or took too long
}

// services are those whose names are bound.
type services struct {
	mu  sync.Mutex
	all map[resolve.Path]*service
}

// serviceOf returns the service of a name, for one more user.
func (r *Router) serviceOf(name resolve.Path) *service {
	r.services.mu.Lock()
	defer r.services.mu.Unlock()
	s := r.services.all[name]
	if s == nil {
		policy := r.servicePolicy(name)
		s = &service{name: name, policy: policy, lends: policy.lends(), budget: newBucket(policy.Budget)}
		var own []Stage
		if r.config.Stages.Service != nil {
			own = r.config.Stages.Service(name)
		}
		s.own = len(own)
		s.stages = &counting{&s.stats.counters, &latency{s, stagesOf(own, false, &deadline{s, &retry{s, &bind{s}}})}}
		r.services.all[name] = s
	}
	s.users++
	return s
}

// release takes a user away; it is true for the last one.
func (s *services) release(one *service) (last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one.users--; one.users > 0 {
		return false
	}
	delete(s.all, one.name)
	return true
}
