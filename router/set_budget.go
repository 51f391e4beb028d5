package router

import (
	"slices"
	"sync"
	"sync/atomic"
)

// setBudgets bound the retries that go to one replica set. A service's budget
// alone does not: a service is a name, names are strangers', and each would bring
// the retries with it that a budget allows without any request. So every retry
// takes from two budgets, its service's and the one that the set keeps for all
// services whose budget is of the same settings, and both must allow it. What one
// service alone sends to a set is bounded as by its own budget.
type setBudgets struct {
	mu  sync.Mutex
	all atomic.Pointer[[]setBudget] // copied on write
}

type setBudget struct {
	of     Budget
	bucket *bucket
}

// maxSetBudgets bounds how many settings a set tells apart: they come from the
// configuration, but a program may make them for each name.
const maxSetBudgets = 16

// bucket is the budget for services with these settings.
func (s *setBudgets) bucket(of Budget) *bucket {
	if all := s.all.Load(); all != nil {
		for i := range *all {
			if (*all)[i].of == of {
				return (*all)[i].bucket
			}
		}
	}
	return s.add(of)
}

func (s *setBudgets) add(of Budget) *bucket {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []setBudget
	if now := s.all.Load(); now != nil {
		all = *now
	}
	if i := slices.IndexFunc(all, func(one setBudget) bool { return one.of == of }); i >= 0 {
		return all[i].bucket
	}
	if len(all) == maxSetBudgets {
		return all[0].bucket
	}
	b := newBucket(of)
	all = append(slices.Clip(all), setBudget{of, b})
	s.all.Store(&all)
	return b
}
