package resolve_test

import (
	"testing"

	"github.com/meshhop/meshhop/resolve"
)

func TestASourceRunsWhileItIsObserved(t *testing.T) {
	runs, begun := 0, 0
	var set func(resolve.State[int])
	a := resolve.SourceActivity(func(s func(resolve.State[int])) func() {
		set = s
		runs++
		begun++
		s(resolve.State[int]{Status: resolve.OK, Value: begun})
		return func() { runs-- }
	})
	if s := a.Sample(); s.Status != resolve.Pending || runs != 0 {
		t.Errorf("at first it is %v, and runs %d times", s, runs)
	}
	var seen []int
	stop := a.Observe(func(s resolve.State[int]) { seen = append(seen, s.Value) })
	other := a.Observe(func(resolve.State[int]) {})
	set(resolve.State[int]{Status: resolve.OK, Value: 10})
	stop()
	if runs != 1 {
		t.Errorf("with one observer it runs %d times", runs)
	}
	other()
	late := set
	stop = a.Observe(func(s resolve.State[int]) { seen = append(seen, s.Value) })
	late(resolve.State[int]{Status: resolve.OK, Value: -1}) // of a run that is over
	stop()
	if len(seen) != 3 || seen[0] != 1 || seen[1] != 10 || seen[2] != 2 || runs != 0 {
		t.Errorf("seen %v, and it runs %d times", seen, runs)
	}
}
