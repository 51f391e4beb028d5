package balance_test

import (
	"testing"

	"github.com/meshhop/meshhop/router/balance"
)

// TestHeapPicksTheLeastLoaded: of all endpoints, at random among equals.
func TestHeapPicksTheLeastLoaded(t *testing.T) {
	for _, test := range []struct {
		about   string
		pending []int
		dead    []int
		shares  []float64
	}{
		{"idle", []int{0, 0, 0, 0}, nil, []float64{0.25, 0.25, 0.25, 0.25}},
		{"one", []int{3}, nil, []float64{1}},
		{"one of them idle", []int{2, 1, 0, 1}, nil, []float64{0, 0, 1, 0}},
		{"equals", []int{2, 1, 3, 1, 1}, nil, []float64{0, 1.0 / 3, 0, 1.0 / 3, 1.0 / 3}},
		{"equals after others", []int{2, 2, 2, 1, 1}, nil, []float64{0, 0, 0, 0.5, 0.5}},
		{"the first is dead", []int{0, 1, 1, 2}, []int{0}, []float64{0, 0.5, 0.5, 0}},
		{"the last is dead", []int{2, 2, 2, 0}, []int{3}, []float64{1.0 / 3, 1.0 / 3, 1.0 / 3, 0}},
		{"all but one are dead", []int{0, 9, 0}, []int{0, 2}, []float64{0, 1, 0}},
		{"all are dead", []int{2, 1, 1}, []int{0, 1, 2}, []float64{0, 0.5, 0.5}},
	} {
		t.Run(test.about, func(t *testing.T) {
			set := failingEndpoints(t, len(test.pending))
			for _, i := range test.dead {
				markDead(t, set[i])
			}
			for i, n := range test.pending {
				for range n {
					set[i].Acquire()
				}
			}
			expectShares(t, balance.Heap{}.Picker(set), set, test.shares...)
		})
	}
}

// TestHeapFillsEvenly: unfinished requests are spread evenly, to within one.
func TestHeapFillsEvenly(t *testing.T) {
	set := equal(7)
	picker := balance.Heap{}.Picker(set)
	for range 7*20 + 3 {
		picker.Pick(nil).Acquire()
	}
	more := 0
	for _, e := range set {
		switch e.Pending() {
		case 20:
		case 21:
			more++
		default:
			t.Errorf("%d pending, want 20 or 21", e.Pending())
		}
	}
	if more != 3 {
		t.Errorf("%d endpoints have one more, want 3", more)
	}
}
