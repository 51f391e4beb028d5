package router

import (
	"context"

	"github.com/meshhop/meshhop/resolve"
)

// targets collects where the requests of one name go.
type targets struct {
	router *Router
	found  map[place]*target
	order  []*target
}

type target struct {
	destination
	share    float64
	replicas resolve.State[resolve.Replicas]
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
	one := t.found[d.place]
	if one == nil {
		if t.found == nil {
			t.found = make(map[place]*target)
		}
		one = &target{destination: d}
		t.found[d.place] = one
		t.order = append(t.order, one)
	}
	one.share += share
}

// wait waits until the replicas of all are known, or ctx ends.
func (t *targets) wait(ctx context.Context) {
	for _, one := range t.order {
		defer one.begin()()
	}
	for _, one := range t.order {
		one.replicas = one.destination.replicas(ctx)
	}
}

// judged says what becomes of the requests for name, and why none is sent if
// that is so. unroutable is the error of those that lead nowhere.
func (t *targets) judged(name resolve.Path, unroutable Error) (all []Target, none error) {
	stats := make(map[resolve.Path]ClientStats)
	for _, s := range t.router.ClientStats() {
		stats[s.ID] = s
	}
	for _, one := range t.order {
		out := Target{Share: one.share, Bound: one.id, Residual: one.residual, Replicas: one.replicas}
		if s, ok := stats[one.id]; ok {
			out.Client = &s
		}
		if one.place == (place{}) || one.replicas.Status == resolve.OK && len(one.replicas.Value.Addresses) == 0 {
			e := unroutable
			e.Bound = one.id
			out.Err = &e
		} else if one.replicas.Status == resolve.Failed {
			out.Err = &Error{Kind: BindingFailed, Dst: name, Bound: one.id, Err: one.replicas.Err}
		} else if one.replicas.Status == resolve.Pending {
			out.Err = connectingTimeout(name, one.id, t.router.config.BindingTimeout)
		}
		all = append(all, out)
	}
	for _, one := range all {
		if one.Err == nil {
			return all, nil
		}
	}
	return all, all[0].Err
}
