package router

import (
	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/resolve"
)

// place tells destinations apart.
type place struct {
	id, residual resolve.Path
	override     *resolve.Dentry
}

// targets collects where the requests of one name go.
type targets struct {
	found map[place]*routerview.Target
	order []*routerview.Target
}

// add adds a tree that has a share of the requests, as [Router.newRoute] and
// [route.pick] spread them.
func (t *targets) add(tree resolve.NameTree[destination], share float64) {
	switch tree.Op {
	case resolve.Leaf:
		t.addTo(tree.Leaf, share)
		return
	case resolve.Union:
		total := 0.0
		for _, sub := range tree.Sub {
			total += max(sub.Weight, 0)
		}
		if total > 0 {
			for _, sub := range tree.Sub {
				if sub.Weight > 0 {
					t.add(sub, share*sub.Weight/total)
				}
			}
			return
		}
	case resolve.Alt:
		for _, sub := range tree.Sub {
			if sub.Op != resolve.Neg {
				t.add(sub, share)
				return
			}
		}
	}
	t.addTo(destination{}, share)
}

func (t *targets) addTo(d destination, share float64) {
	at := place{d.id, d.residual, d.override}
	one := t.found[at]
	if one == nil {
		if t.found == nil {
			t.found = make(map[place]*routerview.Target)
		}
		one = &routerview.Target{Bound: d.id, Residual: d.residual, Replicas: d.replicas, Override: d.override}
		t.found[at] = one
		t.order = append(t.order, one)
	}
	one.Share += share
}

// judged says what becomes of the requests for a name, and why none is sent if
// that is so. unroutable is the error of those that lead nowhere.
func (t *targets) judged(r *Router, name resolve.Path, unroutable Error) (all []routerview.Target, none error) {
	stats := make(map[resolve.Path]ClientStats)
	for _, s := range r.ClientStats() {
		stats[s.ID] = s
	}
	sent := false
	for _, one := range t.order {
		switch s := one.Replicas; {
		case one.Bound.IsEmpty(), s.Status == resolve.OK && len(s.Value.Addresses) == 0:
			e := unroutable
			e.Bound, e.Err = one.Bound, unresolvedError(s.Value.Unresolved)
			one.Err = &e
		case s.Status == resolve.Failed:
			one.Err = bindingFailed(name, one.Bound, s.Err)
		case s.Status == resolve.Pending:
			one.Err = connectingTimeout(name, one.Bound, r.config.BindingTimeout)
		default:
			if one.Err = r.allLeadHere(name, one); one.Err == nil {
				sent = true
			}
		}
		if s, ok := stats[one.Bound]; ok {
			one.Client = &routerview.Counts{Requests: s.Requests, Success: s.Success, Failures: s.Failures, Pending: s.Pending}
		}
		all = append(all, *one)
	}
	if sent {
		return all, nil
	}
	return all, all[0].Err
}

// allLeadHere is the error of a target whose every replica is this process, by the
// request's own dtab.
func (r *Router) allLeadHere(name resolve.Path, t *routerview.Target) error {
	set := &resolve.Bound{ID: t.Bound, Override: t.Override}
	for i, address := range t.Replicas.Value.Addresses {
		e := r.leadsHere(name, set, address.AddrPort)
		if e == nil {
			return nil
		}
		if i == len(t.Replicas.Value.Addresses)-1 {
			return e
		}
	}
	return nil
}
