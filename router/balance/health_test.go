package balance_test

import (
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/router/balance"
)

// life is an endpoint that dies of three failures in a row, of which all that
// happens is written down.
type life struct {
	t      *testing.T
	set    *balance.Set
	e      *balance.Endpoint
	leases map[string]*balance.Lease
}

func newLife(t *testing.T, backoff balance.Backoff) *life {
	set := newSet(t, func(c *balance.SetConfig) {
		c.Accrual = accrual(t)(balance.NewConsecutiveFailures(3))
		c.Backoff = backoff
	})
	set.Update(addresses(1))
	return &life{t, set, set.Endpoints()[0], map[string]*balance.Lease{}}
}

func (l *life) open(want bool) {
	l.t.Helper()
	if l.e.Open() != want {
		l.t.Fatalf("the endpoint is open: %v", !want)
	}
}

func (l *life) begin(name string, probe bool) {
	l.t.Helper()
	lease := l.e.Acquire()
	l.leases[name] = &lease
	if lease.Probe() != probe {
		l.t.Fatalf("%s is a probe: %v", name, !probe)
	}
}

func (l *life) report(name string, o balance.Outcome, want balance.Change) {
	l.t.Helper()
	if got := l.leases[name].Report(o); got != want {
		l.t.Fatalf("%s changed %v for %v, want %v for %v", name, got.Kind, got.For, want.Kind, want.For)
	}
}

// ask is a whole request that is no probe.
func (l *life) ask(o balance.Outcome, want balance.Change) {
	l.t.Helper()
	l.begin("a request", false)
	l.report("a request", o, want)
	l.leases["a request"].Done()
}

func (l *life) die(after time.Duration) {
	l.t.Helper()
	l.ask(balance.Failure, balance.Change{})
	l.ask(balance.Failure, balance.Change{})
	l.ask(balance.Failure, balance.Change{Kind: "removed", For: after})
	l.open(false)
}

func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// steps waits one second more each time.
type steps struct{}

func (steps) Wait(n int, previous time.Duration) time.Duration { return previous + time.Second }

func TestLifeAndDeath(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLife(t, steps{})
		l.open(true)
		l.ask(balance.Success, balance.Change{})
		l.die(time.Second)
		time.Sleep(time.Second - time.Millisecond)
		l.open(false)
		time.Sleep(time.Millisecond)
		l.open(true) // for a probe
		l.begin("probe", true)
		l.open(false) // until it is known what becomes of it
		l.report("probe", balance.Success, balance.Change{Kind: "revived"})
		l.open(true)
		l.leases["probe"].Done()

		// The backoff began anew, and grows while probes fail. A success while it
		// is dead does not revive it, but has the policy want three failed
		// probes.
		l.die(time.Second)
		for n := 2; n < 5; n++ {
			l.ask(balance.Success, balance.Change{})
			time.Sleep(time.Duration(n-1) * time.Second)
			for range 2 {
				l.open(true)
				l.begin("probe", true)
				l.report("probe", balance.Failure, balance.Change{})
				l.leases["probe"].Done()
			}
			l.open(true)
			l.begin("probe", true)
			l.report("probe", balance.Failure, balance.Change{Kind: "extended", For: time.Duration(n) * time.Second})
			l.open(false)
		}
		want := balance.Stats{Size: 1, Updates: 1, Adds: 1, Removals: 2, Revivals: 1, Probes: 10, RemovedFor: 11 * time.Second, Pending: 3}
		if diff := cmp.Diff(want, l.set.Stats()); diff != "" {
			t.Errorf("stats (-want +got):\n%s", diff)
		}
	})
}

// TestDeathByProbe: what has failed three times in a row dies again of its first
// failed probe.
func TestDeathByProbe(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLife(t, steps{})
		l.die(time.Second)
		for n := 2; n < 10; n++ {
			time.Sleep(time.Duration(n-1) * time.Second)
			l.begin("probe", true)
			l.report("probe", balance.Failure, balance.Change{Kind: "extended", For: time.Duration(n) * time.Second})
		}
	})
}

// TestWhatDoesNotCount: reports when the endpoint is dead, second reports, and
// requests that say nothing.
func TestWhatDoesNotCount(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLife(t, balance.ConstantBackoff(time.Minute))
		for range 10 {
			l.ask(balance.Ignorable, balance.Change{})
			l.begin("silent", false)
			l.leases["silent"].Done()
		}
		l.begin("once", false)
		for range 10 {
			l.report("once", balance.Failure, balance.Change{})
		}
		l.leases["once"].Done()
		l.ask(balance.Success, balance.Change{})
		for range 10 {
			l.begin("late", false)
		}
		l.die(time.Minute)
		for range 10 {
			l.ask(balance.Failure, balance.Change{}) // it is dead for a minute, not longer
			l.ask(balance.Success, balance.Change{}) // all others were dead: it stays so
			l.open(false)
		}
		time.Sleep(time.Minute)
		l.open(true)
		l.report("late", balance.Failure, balance.Change{}) // of a request from before, and no probe is out
		l.open(true)
	})
}

// TestProbeWithoutResult: a probe that says nothing lets another one through.
func TestProbeWithoutResult(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLife(t, balance.ConstantBackoff(time.Minute))
		l.die(time.Minute)
		time.Sleep(time.Minute)
		for _, end := range []func(){
			func() { l.report("probe", balance.Ignorable, balance.Change{}) },
			func() { l.leases["probe"].Done() },
		} {
			l.begin("probe", true)
			l.open(false)
			l.begin("another", false)
			l.report("another", balance.Ignorable, balance.Change{})
			l.leases["another"].Done()
			l.open(false) // the probe is still out
			end()
			l.open(true)
		}
	})
}

// TestAnotherIsTheProbe: the first request to end after a probe began counts,
// as in Finagle; the probe does not count any more then.
func TestAnotherIsTheProbe(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLife(t, balance.ConstantBackoff(time.Minute))
		l.begin("old", false)
		l.begin("older", false)
		l.die(time.Minute)
		time.Sleep(time.Minute)
		l.begin("probe", true)
		l.report("old", balance.Failure, balance.Change{Kind: "extended", For: time.Minute})
		l.report("probe", balance.Success, balance.Change{})
		l.open(false)
		time.Sleep(time.Minute)
		l.begin("probe", true)
		l.report("older", balance.Success, balance.Change{Kind: "revived"})
		l.open(true)
		l.report("probe", balance.Failure, balance.Change{})
		l.open(true)
	})
}

// TestOddBackoffs: a series of waits that somebody else wrote does no harm.
func TestOddBackoffs(t *testing.T) {
	for _, test := range []struct {
		wait, dead time.Duration
		opens      bool // at once
	}{{0, 0, true}, {-time.Hour, 0, true}, {math.MaxInt64, math.MaxInt64, false}, {math.MinInt64, 0, true}} {
		inBubble(t, func(t *testing.T) {
			l := newLife(t, odd(test.wait))
			time.Sleep(time.Hour)
			l.ask(balance.Failure, balance.Change{})
			l.ask(balance.Failure, balance.Change{})
			l.ask(balance.Failure, balance.Change{Kind: "removed", For: test.dead})
			l.open(test.opens)
		})
	}
}

type odd time.Duration

func (o odd) Wait(int, time.Duration) time.Duration { return time.Duration(o) }

// TestImmortal: an endpoint without a policy never changes.
func TestImmortal(t *testing.T) {
	set := newSet(t, func(c *balance.SetConfig) { c.Accrual = balance.NoAccrual() })
	set.Update(addresses(1))
	for _, e := range append(set.Endpoints(), equal(1)...) {
		for range 1000 {
			if got := ask(e, balance.Failure); got != (balance.Change{}) || !e.Open() {
				t.Fatalf("%v, open: %v", got.Kind, e.Open())
			}
		}
	}
}

// TestLivesConcurrently: whatever happens at once, deaths and revivals
// alternate, and each is told once.
func TestLivesConcurrently(t *testing.T) {
	set := newSet(t, func(c *balance.SetConfig) {
		c.Accrual = accrual(t)(balance.NewConsecutiveFailures(3))
		c.Backoff = balance.ConstantBackoff(time.Microsecond)
	})
	set.Update(addresses(1))
	e := set.Endpoints()[0]
	var mu sync.Mutex
	told := map[string]uint64{}
	var workers sync.WaitGroup
	for w := range 8 {
		workers.Go(func() {
			mine := map[string]uint64{}
			for i := range 3000 {
				mine[ask(e, balance.Outcome((i/20+w)%3)).Kind]++
			}
			mu.Lock()
			defer mu.Unlock()
			for kind, n := range mine {
				told[kind] += n
			}
		})
	}
	workers.Wait()
	stats := set.Stats()
	if told["removed"] != stats.Removals || told["revived"] != stats.Revivals {
		t.Errorf("%d removals and %d revivals were told, %d and %d counted", told["removed"], told["revived"], stats.Removals, stats.Revivals)
	}
	if d := int64(stats.Removals) - int64(stats.Revivals); d != 0 && d != 1 {
		t.Errorf("%d removals and %d revivals", stats.Removals, stats.Revivals)
	}
	if stats.Removals == 0 || stats.Revivals == 0 || stats.Probes < stats.Revivals || stats.Pending != 0 {
		t.Errorf("%+v", stats)
	}
}
