package resolve_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/resolve"
)

func TestFlatMap(t *testing.T) {
	outer := resolve.NewVar(resolve.State[string]{})
	inner := map[string]*resolve.Var[int]{
		"a": resolve.NewVar(resolve.State[int]{Status: resolve.OK, Value: 1}),
		"b": resolve.NewVar(resolve.State[int]{}),
	}
	broken := errors.New("broken")
	a := resolve.FlatMapActivity(outer.Activity(), func(name string) *resolve.Activity[int] { return inner[name].Activity() })
	var got []any
	stop := a.Observe(func(s resolve.State[int]) {
		switch s.Status {
		case resolve.OK:
			got = append(got, s.Value)
		case resolve.Failed:
			got = append(got, s.Err.Error())
		default:
			got = append(got, "pending")
		}
	})
	outer.Set("a")
	inner["a"].Set(2)
	inner["b"].Set(-1) // not yet looked at
	inner["b"].SetState(resolve.State[int]{})
	outer.Set("b")
	inner["a"].Set(-2) // no more looked at
	inner["b"].Set(3)
	inner["b"].SetState(resolve.State[int]{Status: resolve.Failed, Err: errors.New("no b")})
	outer.SetState(resolve.State[string]{Status: resolve.Failed, Err: broken})
	inner["b"].Set(-3)
	outer.Set("a")
	outer.SetState(resolve.State[string]{})
	stop()
	outer.Set("a")
	want := []any{"pending", 1, 2, "pending", 3, "no b", "broken", -2, "pending"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// An activity under two answers in turn runs on, and nothing runs in the end.
func TestFlatMapRunsWhatItNeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		starts, running := 0, 0
		var mu sync.Mutex
		base := resolve.NewActivity(func(ctx context.Context, set func(resolve.State[int])) {
			mu.Lock()
			starts++
			running++
			mu.Unlock()
			set(resolve.State[int]{Status: resolve.OK, Value: 1})
			<-ctx.Done()
			mu.Lock()
			running--
			mu.Unlock()
		})
		outer := resolve.NewVar(resolve.State[int]{Status: resolve.OK, Value: 1})
		a := resolve.FlatMapActivity(outer.Activity(), func(n int) *resolve.Activity[int] {
			return resolve.MapActivity(base, func(m int) int { return n + m })
		})
		for range 2 {
			stop := a.Observe(func(resolve.State[int]) {})
			synctest.Wait()
			for n := range 5 {
				outer.Set(n)
				synctest.Wait()
				if s := a.Sample(); s.Value != n+1 {
					t.Errorf("sampled %+v for %d", s, n)
				}
			}
			stop()
			synctest.Wait()
		}
		if starts != 2 || running != 0 {
			t.Errorf("the activity below was started %d times and runs %d times", starts, running)
		}
	})
}

// Whatever happens at the same time, the last state is the right one.
func TestFlatMapConcurrently(t *testing.T) {
	var inner [4]*resolve.Var[int]
	for i := range inner {
		inner[i] = resolve.NewVar(resolve.State[int]{Status: resolve.OK, Value: i})
	}
	outer := resolve.NewVar(resolve.State[int]{Status: resolve.OK})
	a := resolve.FlatMapActivity(outer.Activity(), func(i int) *resolve.Activity[int] { return inner[i].Activity() })
	var stops []func()
	for range 4 {
		stops = append(stops, a.Observe(func(resolve.State[int]) {}))
	}
	var wait sync.WaitGroup
	for i := range inner {
		wait.Go(func() {
			for n := range 200 {
				outer.Set((n + i) % len(inner))
				inner[i].Set(n)
			}
		})
		wait.Go(func() {
			for range 50 {
				a.Observe(func(resolve.State[int]) {})()
			}
		})
	}
	wait.Wait()
	outer.Set(2)
	inner[2].Set(1000)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	known := make(chan struct{})
	var once sync.Once
	defer a.Observe(func(s resolve.State[int]) {
		if s.Value == 1000 {
			once.Do(func() { close(known) })
		}
	})()
	select {
	case <-known:
	case <-ctx.Done():
		t.Errorf("sampled %+v in the end", a.Sample())
	}
	for _, stop := range stops {
		stop()
	}
}
