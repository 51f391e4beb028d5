package resolve_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/resolve"
)

func showNumber(s resolve.State[int]) any {
	switch s.Status {
	case resolve.OK:
		return s.Value
	case resolve.Failed:
		return s.Err.Error()
	}
	return "pending"
}

func TestFlatMapActivity(t *testing.T) {
	outer := resolve.NewVar(resolve.State[int]{})
	inner := []*resolve.Var[int]{resolve.NewVar(resolve.State[int]{}), resolve.NewVar(resolve.State[int]{})}
	a := resolve.FlatMapActivity(outer.Activity(), func(i int) *resolve.Activity[int] { return inner[i].Activity() })
	var got []any
	stop := a.Observe(func(s resolve.State[int]) { got = append(got, showNumber(s)) })
	outer.Set(0)
	inner[0].Set(10)
	inner[1].Set(20) // not followed
	outer.Set(1)
	inner[0].Set(11) // no longer followed
	inner[1].Set(21)
	outer.SetState(resolve.State[int]{Status: resolve.Failed, Err: errors.New("broken")})
	inner[1].Set(22)
	outer.Set(1)
	inner[1].SetState(resolve.State[int]{Status: resolve.Failed, Err: errors.New("broken inside")})
	outer.Set(0)
	stop()
	inner[0].Set(12)
	outer.Set(1)
	want := []any{"pending", "pending", 10, 20, 21, "broken", 22, "broken inside", 11}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s := a.Sample(); showNumber(s) != 11 {
		t.Errorf("after the last observer it is %v", s)
	}
	defer a.Observe(func(resolve.State[int]) {})()
	if got := showNumber(a.Sample()); got != "broken inside" {
		t.Errorf("observed again it is %v", got)
	}
}

// TestSourcesRunWhileTheyAreObserved counts what runs.
func TestSourcesRunWhileTheyAreObserved(t *testing.T) {
	runs := map[int]int{}
	source := func(i int) *resolve.Activity[int] {
		return resolve.SourceActivity(func(set func(resolve.State[int])) func() {
			runs[i]++
			set(resolve.State[int]{Status: resolve.OK, Value: i})
			return func() { runs[i]-- }
		})
	}
	outer := resolve.NewVar(resolve.State[int]{Status: resolve.OK, Value: 1})
	shared := source(7)
	a := resolve.FlatMapActivity(outer.Activity(), func(i int) *resolve.Activity[int] {
		if i >= 5 {
			return shared
		}
		return source(i)
	})
	expect := func(want map[int]int, value int) {
		t.Helper()
		now := map[int]int{}
		for i, n := range runs {
			if n != 0 {
				now[i] = n
			}
		}
		if diff := cmp.Diff(want, now); diff != "" {
			t.Error(diff)
		}
		if got := a.Sample().Value; got != value {
			t.Errorf("it is %d, want %d", got, value)
		}
	}
	expect(map[int]int{}, 0)
	stop := a.Observe(func(resolve.State[int]) {})
	other := a.Observe(func(resolve.State[int]) {})
	expect(map[int]int{1: 1}, 1)
	outer.Set(2)
	expect(map[int]int{2: 1}, 2)
	outer.Set(5)
	expect(map[int]int{7: 1}, 7)
	outer.Set(6) // the same activity
	expect(map[int]int{7: 1}, 7)
	outer.SetState(resolve.State[int]{})
	expect(map[int]int{}, 0)
	outer.Set(3)
	stop()
	expect(map[int]int{3: 1}, 3)
	other()
	expect(map[int]int{}, 3)
}

func TestFlatMapUnderChurn(t *testing.T) {
	outer := resolve.NewVar(resolve.State[int]{})
	inner := []*resolve.Var[int]{resolve.NewVar(resolve.State[int]{}), resolve.NewVar(resolve.State[int]{})}
	a := resolve.FlatMapActivity(outer.Activity(), func(i int) *resolve.Activity[int] { return inner[i%2].Activity() })
	whole := a.Observe(func(resolve.State[int]) {})
	defer whole()
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for i := range 500 {
				outer.Set(i)
				inner[i%2].Set(i)
			}
		})
		wait.Go(func() {
			for range 500 {
				a.Observe(func(resolve.State[int]) {})()
			}
		})
	}
	wait.Wait()
	outer.Set(1)
	inner[1].Set(-1)
	if got := a.Sample().Value; got != -1 {
		t.Errorf("after all changes it is %d", got)
	}
}
