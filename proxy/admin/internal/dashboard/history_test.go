package dashboard

import (
	"fmt"
	"slices"
	"testing"
	"time"
	"unsafe"

	"github.com/meshhop/meshhop/internal/histogram"
)

// ticked is a history of nothing that has begun.
func ticked() *History {
	h := &History{names: map[key]*known{}, past: map[key]*series{}}
	h.last = time.Unix(1_700_000_000, 0)
	return h
}

// change is what a name does within a tick.
type change struct{ ended, failed float32 }

// step has a second pass in which names did something. Those that are not named are gone.
func (h *History) step(took time.Duration, changes map[key]*change) {
	h.last = h.last.Add(took)
	tick, coarse := h.begin(took)
	for k := range h.names {
		if changes[k] == nil {
			delete(h.names, k)
		}
	}
	for k, c := range changes {
		h.note(h.know(k, false), tally{ended: c.ended, failed: c.failed})
	}
	h.track()
	for k, s := range h.past {
		now, long := h.names[k].sample(h.tick)
		s.add(tick, now, coarse, long)
	}
	h.warm = slices.DeleteFunc(h.warm, func(k *known) bool { return h.names[k.key] != k })
}

// TestPast: ten minutes and six hours are there, and each tick says how long it took.
func TestPast(t *testing.T) {
	h := ticked()
	k := key{ofService, "out", "/svc/a"}
	for i := range 7 * 3600 {
		took := time.Second
		if i%2 == 1 {
			took = 2 * time.Second // the machine was busy
		}
		h.step(took, map[key]*change{k: {ended: 10, failed: 1}})
	}
	fine, long := h.pastOf(k, false), h.pastOf(k, true)
	if len(fine) != fineTicks || len(long) != coarseSize {
		t.Fatalf("%d and %d points", len(fine), len(long))
	}
	if p := fine[0]; p.requests != 10 || p.failures != 1 || p.took != 1 && p.took != 2 {
		t.Errorf("a second is %+v", p)
	}
	if p := long[0]; p.requests != 100 || p.took != 15 {
		t.Errorf("ten seconds are %+v", p)
	}
	if first, last := fine[0].at, fine[len(fine)-1].at; !last.Equal(h.last) || last.Sub(first) > 900*time.Second {
		t.Errorf("from %v to %v", first, last)
	}
	f := h.figuresOf(&counted{known: h.names[k]})
	if f.ended != 100 || f.seconds != 15 || f.rate() != 100.0/15 || f.share() != 0.9 {
		t.Errorf("the last ticks are %+v", f)
	}
}

// TestBusiest: as many names have a past as there is room for, the busiest ones; memory
// does not grow with their number.
func TestBusiest(t *testing.T) {
	h := ticked()
	for range 30 {
		changes := map[key]*change{}
		for i := range 10_000 {
			changes[key{ofService, "out", fmt.Sprintf("/svc/%d", i)}] = &change{ended: float32(i/100 + 1)}
			changes[key{ofClient, "out", fmt.Sprintf("/#/%d", i)}] = &change{}
		}
		for i := range 300 {
			changes[key{ofServer, "out", fmt.Sprint(i)}] = &change{}
		}
		h.step(time.Second, changes)
		if len(h.names) != 20_300 {
			t.Fatalf("%d names", len(h.names))
		}
		if len(h.past) > 2*maxTracked+maxFixed {
			t.Fatalf("%d names have a past", len(h.past))
		}
	}
	h.step(time.Second, map[key]*change{{ofService, "out", "/svc/9999"}: {ended: 100}})
	if len(h.names) != 1 {
		t.Errorf("%d names are kept, of which one is there", len(h.names))
	}
	if h.pastOf(key{ofService, "out", "/svc/9999"}, false) == nil && h.pastOf(key{ofService, "out", "/svc/9950"}, false) == nil {
		t.Error("of the busiest names none has a past")
	}
	quiet := 0
	for k := range h.past {
		if k.kind == ofClient {
			t.Errorf("%v has a past without a request", k)
		}
		if k.name == "/svc/1" || k.name == "/svc/2" {
			quiet++
		}
	}
	if quiet > 0 {
		t.Error("a quiet name has a past that a busy one could have")
	}
	if size := unsafe.Sizeof(series{}); size > 90<<10 {
		t.Errorf("a past takes %d bytes", size)
	}
	if size := unsafe.Sizeof(requests{}); size > 600<<10 {
		t.Errorf("the last requests take %d bytes without their texts", size)
	}
}

// TestMinus: counts between two readings, also where a name began again.
func TestMinus(t *testing.T) {
	counts := func(pairs ...uint64) (c histogram.Counts) {
		for i := 0; i < len(pairs); i += 2 {
			c.Buckets = append(c.Buckets, histogram.Bucket{Index: uint16(pairs[i]), N: pairs[i+1]})
		}
		return c
	}
	for _, row := range []struct {
		name              string
		now, before, want histogram.Counts
	}{
		{"more", counts(1, 5, 3, 2, 7, 1), counts(1, 5, 3, 1), counts(3, 1, 7, 1)},
		{"nothing", counts(1, 5), counts(1, 5), counts()},
		{"first", counts(1, 5), counts(), counts(1, 5)},
		{"again, fewer", counts(1, 2), counts(1, 5), counts(1, 2)},
		{"again, others", counts(2, 9), counts(1, 5), counts(2, 9)},
		{"again, none", counts(), counts(1, 5), counts()},
	} {
		if got := row.now.Minus(row.before); fmt.Sprint(got.Buckets) != fmt.Sprint(row.want.Buckets) {
			t.Errorf("%s: %v, want %v", row.name, got.Buckets, row.want.Buckets)
		}
	}
}

// TestDraw: gaps are gaps, and a lone point is seen.
func TestDraw(t *testing.T) {
	if got, want := draw([]float64{-1, 1, -1, 0, 2}, 0, 2), "M150 60.0h0.1M450 120.0L600 0.0"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := draw([]float64{0.99, 0.995, -1, -1, 1}, 0.99, 1), "M0 120.0L150 60.0M600 0.0h0.1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for v, want := range map[float64]float64{0: 1, 0.7: 1, 1: 1, 1.1: 2, 3: 5, 60: 100, 0.03: 0.05} {
		if got := nice(v); got < want*0.999 || got > want*1.001 {
			t.Errorf("above %v is %v, want %v", v, got, want)
		}
	}
}
