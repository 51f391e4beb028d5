package balancetest

import (
	"net/http"
	"slices"
	"sync"

	"github.com/meshhop/meshhop/router/balance"
)

// Balancer is a [balance.Balancer] that picks the endpoint that a test wants:
// the first of the set, unless told otherwise, be it dead or alive.
type Balancer struct {
	mu   sync.Mutex
	host string
	sets [][]*balance.Endpoint
}

// Want has all pickers pick the endpoint whose address is host:port, where there
// is one.
func (b *Balancer) Want(hostPort string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.host = hostPort
}

// Sets are the sets that pickers were made for, in order.
func (b *Balancer) Sets() [][]*balance.Endpoint {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.sets)
}

// Picker returns a picker that asks b.
func (b *Balancer) Picker(set []*balance.Endpoint) balance.Picker {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sets = append(b.sets, set)
	return &picker{b, set}
}

type picker struct {
	*Balancer
	set []*balance.Endpoint
}

func (p *picker) Pick(*http.Request) *balance.Endpoint {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.set {
		if e.Address().AddrPort.String() == p.host {
			return e
		}
	}
	return p.set[0]
}
