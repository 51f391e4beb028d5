package balance

import (
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/resolve"
)

// SetConfig says how a [Set] keeps its endpoints.
type SetConfig struct {
	// NewTransport makes the client for one endpoint. Required.
	NewTransport func(resolve.Address) http.RoundTripper

	// Balancer chooses among the endpoints. Default: [Weighted] over [P2C].
	Balancer Balancer

	// Accrual decides when an endpoint is marked dead. Default:
	// [NewConsecutiveFailures] of 5, as in Linkerd
	// (FailureAccrualInitializer.scala); [NoAccrual] never marks one.
	Accrual Accrual

	// Backoff is for how long an endpoint is dead before it is probed.
	// Default: [NewEqualBackoff] from 5 to 300 s.
	Backoff Backoff

	// Probation keeps an endpoint that leaves the set for as long as it is
	// alive (enableProbation in a Linkerd configuration). Once it is marked dead
	// it gets no probes, and the next update removes it. Without accrual it stays
	// for ever.
	Probation bool
}

const (
	defaultFailures       = 5
	defaultLowestBackoff  = 5 * time.Second
	defaultHighestBackoff = 300 * time.Second
)

func (c SetConfig) withDefaults() (SetConfig, error) {
	if c.NewTransport == nil {
		return c, errors.New("balance: SetConfig.NewTransport is required")
	}
	if c.Balancer == nil {
		c.Balancer = Weighted(P2C())
	}
	if c.Accrual == nil {
		c.Accrual = consecutiveFailures(defaultFailures)
	}
	if c.Backoff == nil {
		c.Backoff = equalBackoff{defaultLowestBackoff, defaultHighestBackoff}
	}
	return c, nil
}

// A Set keeps an endpoint for each replica of a replica set, with all that was
// learned about it, while the replica set changes. Stats and Endpoints may be
// called at any time; the other methods by one goroutine at a time.
type Set struct {
	config    SetConfig
	counters  counters
	endpoints map[resolve.Address]*Endpoint // by address without its weight
	list      atomic.Pointer[[]*Endpoint]
	picker    Picker
}

// NewSet returns an empty set.
func NewSet(config SetConfig) (*Set, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Set{config: config, endpoints: map[resolve.Address]*Endpoint{}}
	s.list.Store(new([]*Endpoint))
	return s, nil
}

// Update makes the endpoints those of the addresses and returns a picker over
// them, nil if there are none. An address that was there already keeps its
// endpoint, also under another weight. An address that is there twice counts
// once, with the last weight. Endpoints that leave are retired, or on probation.
func (s *Set) Update(addresses []resolve.Address) Picker {
	s.counters.updates.Add(1)
	changed := false
	next := make(map[resolve.Address]*Endpoint, len(addresses))
	list := make([]*Endpoint, 0, len(addresses))
	for _, address := range addresses {
		key := keyOf(address)
		endpoint := next[key]
		if endpoint == nil {
			if endpoint = s.endpoints[key]; endpoint == nil {
				endpoint = s.newEndpoint(address)
				changed = true
			}
			endpoint.health.stay()
			next[key] = endpoint
			list = append(list, endpoint)
		}
		if endpoint.Weight() != address.Weight {
			endpoint.setWeight(address.Weight)
			changed = true
		}
	}
	for _, endpoint := range *s.list.Load() { // in order, for those that stay
		key := keyOf(endpoint.address)
		switch {
		case next[key] != nil:
		case s.config.Probation && endpoint.Open():
			endpoint.health.leave()
			next[key] = endpoint
			list = append(list, endpoint)
		default:
			changed = true
			s.counters.removes.Add(1)
			endpoint.Retire()
		}
	}
	if changed {
		s.endpoints, s.picker = next, nil
		s.list.Store(&list)
		if len(list) > 0 {
			s.picker = s.config.Balancer.Picker(list)
		}
	}
	return s.picker
}

// keyOf is what an endpoint is known by: all of its address but the weight.
func keyOf(address resolve.Address) resolve.Address {
	address.Weight = 0
	return address
}

func (s *Set) newEndpoint(address resolve.Address) *Endpoint {
	s.counters.adds.Add(1)
	return newEndpoint(address, s.config.NewTransport(address), s.config.Accrual.Policy(), s.config.Backoff, &s.counters)
}

// Endpoints are those that there are now, the ones on probation last. The
// slice must not be changed.
func (s *Set) Endpoints() []*Endpoint { return *s.list.Load() }

// Stats are the counters as they are now.
func (s *Set) Stats() Stats {
	stats := s.counters.snapshot()
	for _, endpoint := range s.Endpoints() {
		stats.Size++
		stats.Pending += endpoint.Pending()
		if endpoint.Open() {
			stats.Available++
		}
	}
	return stats
}

// Close retires all endpoints. Pickers that were made go on picking.
func (s *Set) Close() {
	for _, endpoint := range s.Endpoints() {
		s.counters.removes.Add(1)
		endpoint.Retire()
	}
	s.endpoints, s.picker = map[resolve.Address]*Endpoint{}, nil
	s.list.Store(new([]*Endpoint))
}
