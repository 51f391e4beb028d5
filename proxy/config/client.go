package config

import (
	"time"

	"github.com/meshhop/meshhop/router"
)

// clientKeys are the keys of a client block. Those that are absent are nil.
type clientKeys struct {
	balancer       *balancerSection
	probation      bool
	accrual        *accrualSection
	requeueBudget  *router.Budget
	attemptTimeout time.Duration // 0: absent
	transport      []transportSection
	protocol       protocolSection
	tls            *clientTLS // nil: absent
	forwardCert    *bool      // nil: absent
	stages         []stageSection
	hasStages      bool
}

// readClient reads the keys of a client block. A key that turns off a feature which
// this package lacks is accepted.
func readClient(d *Decoder, kinds Kinds) clientKeys {
	var c clientKeys
	if d.Bool("failFast", false) {
		d.Noticef("failFast", "has no effect: failureAccrual marks endpoints dead that refuse connections")
	}
	if d.Has("forwardClientCert") {
		forward := d.Bool("forwardClientCert", false)
		c.forwardCert = &forward
	}
	c.tls = readClientTLS(d)
	if n := d.take("requestAuthorizers"); n != nil && (n.shape != list || len(n.items) > 0) {
		d.Unsupported("the interface of Istio that it uses no longer exists", "requestAuthorizers")
	}
	c.balancer, c.probation = readBalancer(d, kinds)
	c.accrual = readAccrual(d, kinds)
	c.requeueBudget = readBudget(d, "requeueBudget")
	c.attemptTimeout = d.Duration("requestAttemptTimeoutMs", 0, time.Millisecond)
	c.transport = readTransport(d)
	c.protocol = readClientProtocol(d)
	c.stages, c.hasStages = readStages(d, kinds)
	return c
}

// clients makes the policies of the replica sets of a router, whose own protocol is given.
func (b *builder) clients(rules []rule[clientKeys], own router.Protocol) []setting[router.ClientPolicy] {
	var all []setting[router.ClientPolicy]
	for _, r := range rules {
		s := setting[router.ClientPolicy]{prefix: r.prefix}
		add := func(set func(*router.ClientPolicy)) { s.set = append(s.set, set) }
		if k := r.keys.balancer; k != nil {
			balancer := part(b, k.at, k.path, k.build)
			add(func(p *router.ClientPolicy) { p.Balancer, p.Probation = balancer, r.keys.probation })
		}
		if k := r.keys.accrual; k != nil {
			accrual := part(b, k.at, k.path, k.build)
			backoff := part(b, k.backoff.at, k.backoff.path, k.backoff.build)
			add(func(p *router.ClientPolicy) { p.FailureAccrual, p.FailureBackoff = accrual, backoff })
		}
		if budget := r.keys.requeueBudget; budget != nil {
			add(func(p *router.ClientPolicy) { p.RequeueBudget = *budget })
		}
		if timeout := r.keys.attemptTimeout; timeout > 0 {
			add(func(p *router.ClientPolicy) { p.AttemptTimeout = timeout })
		}
		for _, k := range r.keys.transport {
			if b.canDo(k) {
				add(func(p *router.ClientPolicy) { k.set(&p.Transport) })
			}
		}
		add(b.clientProtocol(r.keys.protocol, own))
		if forward := r.keys.forwardCert; forward != nil {
			add(func(p *router.ClientPolicy) { p.ForwardClientCert = *forward })
		}
		if k := r.keys.tls; k != nil {
			s.vary = append(s.vary, b.clientTLS(k))
		}
		all = append(all, s)
	}
	return all
}
