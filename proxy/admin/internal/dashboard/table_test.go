package dashboard

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestRanking: the first rows are those that an order of all would have first.
func TestRanking(t *testing.T) {
	type item struct {
		name string
		n    float64
	}
	columns := []column[item]{
		{name: "name", value: func(i item) any { return i.name }},
		{name: "n", value: func(i item) any { return i.n }},
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int{0, 1, 5, 99, 100, 101, 1000} {
		items := make([]item, size)
		for i := range items {
			items[i] = item{fmt.Sprintf("%04d", random.IntN(10_000)), float64(random.IntN(20))}
		}
		for _, by := range []string{"n", "-n", "name", "-name", "nothing", ""} {
			want := slices.Clone(items)
			slices.SortStableFunc(want, func(a, b item) int {
				switch by {
				case "":
					return 0
				case "n":
					return cmp.Or(cmp.Compare(a.n, b.n), cmp.Compare(a.name, b.name))
				case "-n":
					return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.name, b.name))
				case "-name":
					return cmp.Compare(b.name, a.name)
				}
				return cmp.Compare(a.name, b.name)
			})
			for _, n := range []int{0, 1, 7, 100, 2000} {
				order := rankingOf(items, func(i item) string { return i.name }, columns, by)
				var got []item
				for _, i := range order.first(n) {
					got = append(got, items[i])
				}
				if !slices.Equal(got, want[:min(n, size)]) {
					t.Errorf("the first %d of %d by %q are others: %.200s, want %.200s", n, size, by, fmt.Sprint(got), fmt.Sprint(want[:min(n, size)]))
				}
			}
		}
	}
}
