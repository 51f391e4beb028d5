package resolve_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/resolve"
)

func TestVarTellsItsObservers(t *testing.T) {
	v := resolve.NewVar(resolve.State[int]{})
	var got []int
	stop := v.Activity().Observe(func(s resolve.State[int]) {
		if s.Status == resolve.Pending {
			s.Value = -1
		}
		got = append(got, s.Value)
	})
	v.Set(1)
	v.Set(2)
	stop()
	stop()
	v.Set(3)
	if diff := cmp.Diff([]int{-1, 1, 2}, got); diff != "" {
		t.Error(diff)
	}
	if s := v.Activity().Sample(); s.Status != resolve.OK || s.Value != 3 || s.Since.IsZero() {
		t.Errorf("sampled %+v", s)
	}
}

func TestStopInsideTheObserver(t *testing.T) {
	v := resolve.NewVar(resolve.State[int]{})
	calls := 0
	var stop func()
	stop = v.Activity().Observe(func(s resolve.State[int]) {
		if calls++; stop != nil {
			stop()
		}
	})
	v.Set(1)
	v.Set(2)
	if calls != 2 {
		t.Errorf("called %d times, want 2", calls)
	}
}

func TestSetInsideTheObserver(t *testing.T) {
	v := resolve.NewVar(resolve.State[int]{Status: resolve.OK})
	var got []int
	stop := v.Activity().Observe(func(s resolve.State[int]) {
		got = append(got, s.Value)
		if s.Value < 3 {
			v.Set(s.Value + 1)
		}
	})
	defer stop()
	if diff := cmp.Diff([]int{0, 1, 2, 3}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnActivityRunsWhileObserved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, runs atomic.Int32
		a := resolve.NewActivity(func(ctx context.Context, set func(resolve.State[int])) {
			if running.Add(1) != 1 {
				t.Error("it runs twice at a time")
			}
			set(resolve.State[int]{Status: resolve.OK, Value: int(runs.Add(1))})
			<-ctx.Done()
			set(resolve.State[int]{Status: resolve.OK, Value: -1})
			time.Sleep(time.Second)
			running.Add(-1)
		})
		ignore := func(resolve.State[int]) {}

		synctest.Wait()
		if s := a.Sample(); runs.Load() != 0 || s.Status != resolve.Pending {
			t.Errorf("unobserved it ran %d times and is %v", runs.Load(), s.Status)
		}
		stop1, stop2 := a.Observe(ignore), a.Observe(ignore)
		synctest.Wait()
		if s := a.Sample(); runs.Load() != 1 || s.Value != 1 {
			t.Errorf("observed twice it ran %d times and is %+v", runs.Load(), s)
		}
		stop1()
		synctest.Wait()
		if running.Load() != 1 {
			t.Error("it stopped before the last observer")
		}
		stop2()
		synctest.Wait()
		if s := a.Sample(); s.Value != 1 {
			t.Errorf("left alone it is %+v, want its last state", s)
		}
		stop1 = a.Observe(ignore)
		if s := a.Sample(); s.Status != resolve.Pending {
			t.Errorf("started again it is %+v, want pending", s)
		}
		if v, err := a.Wait(t.Context()); v != 2 || err != nil {
			t.Errorf("the second run gave %d, %v", v, err)
		}
		stop1()
		time.Sleep(2 * time.Second)
		if running.Load() != 0 {
			t.Error("it still runs")
		}
	})
}

func TestWait(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	broken := errors.New("broken")
	if _, err := resolve.NewVar(resolve.State[int]{}).Activity().Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("pending: %v", err)
	}
	if _, err := resolve.FailedActivity[int](broken).Wait(ctx); !errors.Is(err, broken) {
		t.Errorf("failed: %v", err)
	}
	if v, err := resolve.Const(7).Wait(ctx); v != 7 || err != nil {
		t.Errorf("const: %d, %v", v, err)
	}
}

func TestMapActivity(t *testing.T) {
	v := resolve.NewVar(resolve.State[int]{Status: resolve.OK, Value: 1})
	a := resolve.MapActivity(v.Activity(), func(i int) int { return 10 * i })
	var got []int
	stop := a.Observe(func(s resolve.State[int]) { got = append(got, s.Value) })
	v.Set(2)
	broken := errors.New("broken")
	v.SetState(resolve.State[int]{Status: resolve.Failed, Err: broken})
	if s := a.Sample(); s.Status != resolve.Failed || s.Err != broken {
		t.Errorf("got %+v", s)
	}
	stop()
	v.Set(3)
	if diff := cmp.Diff([]int{10, 20, 0}, got[len(got)-3:]); diff != "" {
		t.Error(diff)
	}
	if s := a.Sample(); s.Status != resolve.Failed {
		t.Errorf("it follows though nobody observes it: %+v", s)
	}
}

// Observers come, go and set while others do the same; each must end with the
// newest state and none may be called by two at a time.
func TestActivityUnderChurn(t *testing.T) {
	const last = 200
	v := resolve.NewVar(resolve.State[int]{})
	a := resolve.MapActivity(v.Activity(), func(i int) int { return i })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				var inside atomic.Int32
				var stop func()
				var mu sync.Mutex
				mu.Lock()
				stop = a.Observe(func(s resolve.State[int]) {
					if inside.Add(1) != 1 {
						t.Error("two calls at a time")
					}
					inside.Add(-1)
					if s.Value%7 == 3 && mu.TryLock() {
						stop()
						mu.Unlock()
					}
				})
				mu.Unlock()
				stop()
			}
		})
	}
	end := make(chan struct{})
	stop := a.Observe(func(s resolve.State[int]) {
		if s.Value == last {
			close(end)
		}
	})
	for i := range last {
		v.Set(i + 1)
	}
	<-end
	wg.Wait()
	stop()
}

func TestSampleDoesNotAllocate(t *testing.T) {
	a := resolve.Const(resolve.Replicas{})
	if n := testing.AllocsPerRun(100, func() { _ = a.Sample() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
