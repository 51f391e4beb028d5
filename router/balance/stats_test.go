package balance_test

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/router/balance"
)

// TestStatsAdd: the sum of two sets has the sum of each number, so that none is missing
// in the total of a router.
func TestStatsAdd(t *testing.T) {
	var sum, more, want balance.Stats
	for i := range reflect.TypeFor[balance.Stats]().NumField() {
		for s, n := range map[*balance.Stats]int{&sum: 1 + i, &more: 100 * (1 + i), &want: 101 * (1 + i)} {
			field := reflect.ValueOf(s).Elem().Field(i)
			field.Set(reflect.ValueOf(n).Convert(field.Type()))
		}
	}
	sum.Add(more)
	if diff := cmp.Diff(want, sum); diff != "" {
		t.Errorf("the sum (-want +got):\n%s", diff)
	}
}

// TestExhausted: a pick counts as exhausted if it found no open endpoint, and only then.
func TestExhausted(t *testing.T) {
	for _, kind := range kinds(t) {
		for _, size := range []int{1, 2, 3} {
			set := newSet(t, func(c *balance.SetConfig) { c.Balancer = kind.balancer })
			picker := set.Update(addresses(size))
			counts(picker, 100)
			if size > 1 {
				markDead(t, set.Endpoints()[1:]...)
				if kind.name == "p2c" || kind.name == "ewma" || kind.name == "heap" { // which look at both of two
					counts(picker, 10)
				}
			}
			if n := set.Stats().Exhausted; n != 0 && size < 3 {
				t.Errorf("%s: with one of %d open, %d picks were exhausted", kind.name, size, n)
			}
			before := set.Stats().Exhausted
			markDead(t, set.Endpoints()[0])
			counts(picker, 10)
			if n := set.Stats().Exhausted - before; n != 10 {
				t.Errorf("%s: with all of %d dead, %d of 10 picks were exhausted", kind.name, size, n)
			}
		}
	}
}
