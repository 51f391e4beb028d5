package balance_test

import (
	"math"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/router/balance"
)

// tracked is an endpoint that is marked dead by three failures in a row, and its
// requests by name.
type tracked struct {
	t      *testing.T
	set    *balance.Set
	e      *balance.Endpoint
	leases map[string]*balance.Lease
}

func newTracked(t *testing.T, backoff balance.Backoff) *tracked {
	set := newSet(t, func(c *balance.SetConfig) {
		c.Accrual = accrual(t)(balance.NewConsecutiveFailures(3))
		c.Backoff = backoff
	})
	set.Update(addresses(1))
	return &tracked{t, set, set.Endpoints()[0], map[string]*balance.Lease{}}
}

func (p *tracked) open(want bool) {
	p.t.Helper()
	if p.e.Open() != want {
		p.t.Fatalf("the endpoint is open: %v", !want)
	}
}

func (p *tracked) acquire(name string, probe bool) {
	p.t.Helper()
	lease := p.e.Acquire()
	p.leases[name] = &lease
	if lease.Probe() != probe {
		p.t.Fatalf("%s is a probe: %v", name, !probe)
	}
}

func (p *tracked) report(name string, o balance.Outcome, want balance.Change) {
	p.t.Helper()
	if got := p.leases[name].Report(o); got != want {
		p.t.Fatalf("%s changed %+v, want %+v", name, got, want)
	}
}

// send makes a request that is not a probe.
func (p *tracked) send(o balance.Outcome, want balance.Change) {
	p.t.Helper()
	p.acquire("a request", false)
	p.report("a request", o, want)
	p.leases["a request"].Done()
}

func (p *tracked) markDead(after time.Duration) {
	p.t.Helper()
	p.send(balance.Failure, balance.Change{})
	p.send(balance.Failure, balance.Change{})
	p.send(balance.Failure, balance.Change{Kind: "removed", For: after})
	p.open(false)
}

func inBubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// steps is a backoff that waits one second more each time.
type steps struct{}

func (steps) Wait(n int, previous time.Duration) time.Duration { return previous + time.Second }

func TestRemovalAndRevival(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newTracked(t, steps{})
		p.open(true)
		p.send(balance.Success, balance.Change{})
		p.markDead(time.Second)
		time.Sleep(time.Second - time.Millisecond)
		p.open(false)
		time.Sleep(time.Millisecond)
		p.open(true) // for a probe
		p.acquire("probe", true)
		p.open(false) // until the outcome of the probe is known
		p.report("probe", balance.Success, balance.Change{Kind: "revived"})
		p.open(true)
		p.leases["probe"].Done()

		// The backoff starts again, and grows while probes fail. A success while the
		// endpoint is dead does not revive it. It resets the policy, so that it takes
		// three failed probes to extend the death.
		p.markDead(time.Second)
		for n := 2; n < 5; n++ {
			p.send(balance.Success, balance.Change{})
			time.Sleep(time.Duration(n-1) * time.Second)
			for range 2 {
				p.open(true)
				p.acquire("probe", true)
				p.report("probe", balance.Failure, balance.Change{})
				p.leases["probe"].Done()
			}
			p.open(true)
			p.acquire("probe", true)
			p.report("probe", balance.Failure, balance.Change{Kind: "extended", For: time.Duration(n) * time.Second})
			p.open(false)
		}
		want := balance.Stats{Size: 1, Updates: 1, Adds: 1, Removals: 2, Revivals: 1, Probes: 10, RemovedFor: 11 * time.Second, Pending: 3}
		if diff := cmp.Diff(want, p.set.Stats()); diff != "" {
			t.Errorf("stats (-want +got):\n%s", diff)
		}
	})
}

// TestFailedProbes: without a success in between, each failed probe extends the death.
func TestFailedProbes(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newTracked(t, steps{})
		p.markDead(time.Second)
		for n := 2; n < 10; n++ {
			time.Sleep(time.Duration(n-1) * time.Second)
			p.acquire("probe", true)
			p.report("probe", balance.Failure, balance.Change{Kind: "extended", For: time.Duration(n) * time.Second})
		}
	})
}

// TestIgnoredReports: reports while the endpoint is dead, second reports, and ignorable
// requests change nothing.
func TestIgnoredReports(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newTracked(t, balance.ConstantBackoff(time.Minute))
		for range 10 {
			p.send(balance.Ignorable, balance.Change{})
			p.acquire("silent", false)
			p.leases["silent"].Done()
		}
		p.acquire("once", false)
		for range 10 {
			p.report("once", balance.Failure, balance.Change{})
		}
		p.leases["once"].Done()
		p.send(balance.Success, balance.Change{})
		for range 10 {
			p.acquire("late", false)
		}
		p.markDead(time.Minute)
		for range 10 {
			p.send(balance.Failure, balance.Change{}) // which does not extend the minute
			p.send(balance.Success, balance.Change{}) // a request that was picked because all endpoints were dead
			p.open(false)
		}
		time.Sleep(time.Minute)
		p.open(true)
		p.report("late", balance.Failure, balance.Change{}) // of a request from before the death, while no probe is in flight
		p.open(true)
	})
}

// TestInconclusiveProbe: after a probe without an outcome, the next request is a probe.
func TestInconclusiveProbe(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newTracked(t, balance.ConstantBackoff(time.Minute))
		p.markDead(time.Minute)
		time.Sleep(time.Minute)
		for _, end := range []func(){
			func() { p.report("probe", balance.Ignorable, balance.Change{}) },
			func() { p.leases["probe"].Done() },
		} {
			p.acquire("probe", true)
			p.open(false)
			p.acquire("another", false)
			p.report("another", balance.Ignorable, balance.Change{})
			p.leases["another"].Done()
			p.open(false) // the probe is still in flight
			end()
			p.open(true)
		}
	})
}

// TestOutcomeOfAnotherRequest: the first outcome after a probe started counts as the
// probe's, as in Finagle. The outcome of the probe does not count any more then.
func TestOutcomeOfAnotherRequest(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := newTracked(t, balance.ConstantBackoff(time.Minute))
		p.acquire("old", false)
		p.acquire("older", false)
		p.markDead(time.Minute)
		time.Sleep(time.Minute)
		p.acquire("probe", true)
		p.report("old", balance.Failure, balance.Change{Kind: "extended", For: time.Minute})
		p.report("probe", balance.Success, balance.Change{})
		p.open(false)
		time.Sleep(time.Minute)
		p.acquire("probe", true)
		p.report("older", balance.Success, balance.Change{Kind: "revived"})
		p.open(true)
		p.report("probe", balance.Failure, balance.Change{})
		p.open(true)
	})
}

// TestExtremeBackoffs: a backoff may return any wait.
func TestExtremeBackoffs(t *testing.T) {
	for _, test := range []struct {
		wait, dead time.Duration
		opens      bool // at once
	}{{0, 0, true}, {-time.Hour, 0, true}, {math.MaxInt64, math.MaxInt64, false}, {math.MinInt64, 0, true}} {
		inBubble(t, func(t *testing.T) {
			p := newTracked(t, fixed(test.wait))
			time.Sleep(time.Hour)
			p.send(balance.Failure, balance.Change{})
			p.send(balance.Failure, balance.Change{})
			p.send(balance.Failure, balance.Change{Kind: "removed", For: test.dead})
			p.open(test.opens)
		})
	}
}

type fixed time.Duration

func (o fixed) Wait(int, time.Duration) time.Duration { return time.Duration(o) }

// TestNoAccrual: an endpoint without a policy is never marked dead.
func TestNoAccrual(t *testing.T) {
	set := newSet(t, func(c *balance.SetConfig) { c.Accrual = balance.NoAccrual() })
	set.Update(addresses(1))
	for _, e := range set.Endpoints() {
		for range 1000 {
			if got := send(e, balance.Failure); got != (balance.Change{}) || !e.Open() {
				t.Fatalf("a failure changed %+v; open: %v", got, e.Open())
			}
		}
	}
}

// TestHealthConcurrently: with requests in many goroutines, removals and revivals
// alternate, and each is reported once.
func TestHealthConcurrently(t *testing.T) {
	set := newSet(t, func(c *balance.SetConfig) {
		c.Accrual = accrual(t)(balance.NewConsecutiveFailures(3))
		c.Backoff = balance.ConstantBackoff(time.Microsecond)
	})
	set.Update(addresses(1))
	e := set.Endpoints()[0]
	var mu sync.Mutex
	reported := map[string]uint64{}
	var workers sync.WaitGroup
	for w := range 8 {
		workers.Go(func() {
			mine := map[string]uint64{}
			for i := range 3000 {
				mine[send(e, balance.Outcome((i/20+w)%3)).Kind]++
			}
			mu.Lock()
			defer mu.Unlock()
			for kind, n := range mine {
				reported[kind] += n
			}
		})
	}
	workers.Wait()
	stats := set.Stats()
	if reported["removed"] != stats.Removals || reported["revived"] != stats.Revivals {
		t.Errorf("%d removals and %d revivals were reported, %d and %d counted", reported["removed"], reported["revived"], stats.Removals, stats.Revivals)
	}
	if d := int64(stats.Removals) - int64(stats.Revivals); d != 0 && d != 1 {
		t.Errorf("%d removals and %d revivals", stats.Removals, stats.Revivals)
	}
	if stats.Removals == 0 || stats.Revivals == 0 || stats.Probes < stats.Revivals || stats.Pending != 0 {
		t.Errorf("%+v", stats)
	}
}

// TestRevivedOnce: of two successes at the same time one revives the endpoint, and the
// other one changes nothing.
func TestRevivedOnce(t *testing.T) {
	p := &reviving{}
	set := newSet(t, func(c *balance.SetConfig) { c.Accrual, c.Backoff = p, balance.ConstantBackoff(0) })
	set.Update(addresses(1))
	e := set.Endpoints()[0]
	send(e, balance.Failure)
	probe, other := e.Acquire(), e.Acquire()
	if !probe.Probe() {
		t.Fatal("the first request is no probe")
	}
	second := make(chan balance.Change, 1)
	p.revived = func() {
		p.revived = func() { t.Error("the endpoint was revived twice") }
		go func() { second <- other.Report(balance.Success) }()
		for range 1000 {
			runtime.Gosched() // it has seen a probe by then, and waits for the end of this
		}
	}
	if got := probe.Report(balance.Success); got.Kind != "revived" {
		t.Errorf("the probe changed %+v", got)
	}
	if got := <-second; got != (balance.Change{}) {
		t.Errorf("the other success changed %+v", got)
	}
	if n := set.Stats().Revivals; n != 1 {
		t.Errorf("%d revivals were counted", n)
	}
}

// reviving is an accrual that marks an endpoint dead by one failure, and calls revived
// before it is alive again.
type reviving struct{ revived func() }

func (p *reviving) Policy() balance.Policy { return p }
func (p *reviving) Success()               {}
func (p *reviving) Failure() bool          { return true }
func (p *reviving) Revived()               { p.revived() }

// TestBackoffStartsAgain: a backoff is told how many waits there were since the endpoint
// was last alive, and the last one of them.
func TestBackoffStartsAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var asked recorded
		p := newTracked(t, &asked)
		for range 2 {
			p.markDead(time.Second)
			for _, o := range []balance.Outcome{balance.Failure, balance.Failure, balance.Failure, balance.Success} {
				time.Sleep(time.Second)
				send(p.e, o)
			}
		}
		want := recorded{{0, 0}, {1, time.Second}, {2, time.Second}, {3, time.Second}}
		if diff := cmp.Diff(append(want, want...), asked); diff != "" {
			t.Errorf("what the backoff was asked (-want +got):\n%s", diff)
		}
	})
}

// recorded is a backoff of a second that records what it was asked.
type recorded []struct {
	N        int
	Previous time.Duration
}

func (r *recorded) Wait(n int, previous time.Duration) time.Duration {
	*r = append(*r, recorded{{n, previous}}...)
	return time.Second
}
