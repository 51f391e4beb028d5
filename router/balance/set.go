package balance

import (
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/resolve"
)

// SetConfig configures a [Set].
type SetConfig struct {
	// NewTransport makes the transport for one endpoint. Required.
	NewTransport func(resolve.Address) http.RoundTripper

	// Balancer picks among the endpoints. Default: [Weighted] over [P2C].
	Balancer Balancer

	// Accrual decides when an endpoint is marked dead. Default:
	// [NewConsecutiveFailures] of 5, as in Linkerd
	// (FailureAccrualInitializer.scala); [NoAccrual] never marks one.
	Accrual Accrual

	// Backoff is how long a dead endpoint waits before it is probed. Default:
	// [NewEqualBackoff] from 5 to 300 s.
	Backoff Backoff

	// Probation keeps an endpoint whose address has left the set as long as the
	// endpoint is alive (enableProbation in a Linkerd configuration). Once it is
	// marked dead it gets no probes, and the next update removes it. Without failure
	// accrual it is kept for ever.
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
		c.Balancer = Weighted(P2C{})
	}
	if c.Accrual == nil {
		c.Accrual = consecutiveFailures(defaultFailures)
	}
	if c.Backoff == nil {
		c.Backoff = equalBackoff{defaultLowestBackoff, defaultHighestBackoff}
	}
	return c, nil
}

// A Set keeps an endpoint, with its load and health, for each address of a replica set
// while the replica set changes. Stats and Endpoints may be called at any time. The
// other methods must be called by one goroutine at a time.
type Set struct {
	config    SetConfig
	counters  counters
	endpoints map[resolve.Address]*Endpoint // by key, see keyOf
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

// Update replaces the addresses of the set and returns a picker over its endpoints, or
// nil if there are none. An address that was in the set already keeps its endpoint,
// even if its weight has changed. An address that is given twice counts once, with the
// last weight. The endpoint of an address that has left is retired: its idle
// connections are closed now and after each request that is still in flight. With
// SetConfig.Probation it stays instead.
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
			endpoint.health.resumeProbes()
			next[key] = endpoint
			list = append(list, endpoint)
		}
		if endpoint.currentWeight() != address.Weight {
			endpoint.setWeight(address.Weight)
			changed = true
		}
	}
	for _, endpoint := range *s.list.Load() {
		key := keyOf(endpoint.address)
		switch {
		case next[key] != nil:
		case s.config.Probation && endpoint.Open():
			endpoint.health.stopProbes()
			next[key] = endpoint
			list = append(list, endpoint)
		default:
			changed = true
			s.counters.removes.Add(1)
			endpoint.retire()
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

// keyOf returns what identifies an endpoint: its address without the weight.
func keyOf(address resolve.Address) resolve.Address {
	address.Weight = 0
	return address
}

func (s *Set) newEndpoint(address resolve.Address) *Endpoint {
	s.counters.adds.Add(1)
	return newEndpoint(address, s.config.NewTransport(address), s.config.Accrual.Policy(), s.config.Backoff, &s.counters)
}

// Endpoints returns the current endpoints, those on probation last. The caller must not
// modify the slice.
func (s *Set) Endpoints() []*Endpoint { return *s.list.Load() }

// Stats returns the current counters.
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

// Close retires all endpoints. Pickers that the set has returned still work.
func (s *Set) Close() {
	for _, endpoint := range s.Endpoints() {
		s.counters.removes.Add(1)
		endpoint.retire()
	}
	s.endpoints, s.picker = map[resolve.Address]*Endpoint{}, nil
	s.list.Store(new([]*Endpoint))
}
