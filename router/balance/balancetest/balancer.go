package balancetest

import (
	"net/http"
	"slices"
	"sync"

	"github.com/meshhop/meshhop/router/balance"
)

// Balancer is a [balance.Balancer] whose pickers pick the endpoint that the test wants,
// whether it is open or not. By default that is the first endpoint.
type Balancer struct {
	mu   sync.Mutex
	want string
	sets [][]*balance.Endpoint
}

// Want makes all pickers pick the endpoint whose address is hostPort. A picker that does
// not have it picks its first endpoint.
func (b *Balancer) Want(hostPort string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.want = hostPort
}

// Sets returns the endpoints of all pickers that were made, in order.
func (b *Balancer) Sets() [][]*balance.Endpoint {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.sets)
}

// Picker implements [balance.Balancer].
func (b *Balancer) Picker(endpoints []*balance.Endpoint) balance.Picker {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sets = append(b.sets, endpoints)
	return &picker{b, endpoints}
}

type picker struct {
	*Balancer
	endpoints []*balance.Endpoint
}

func (p *picker) Pick(*http.Request) *balance.Endpoint {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.endpoints {
		if e.Address().AddrPort.String() == p.want {
			return e
		}
	}
	return p.endpoints[0]
}
