package balancetest

import (
	"math/rand/v2"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
)

// TestBalancer checks that a balancer keeps the rules of [balance.Balancer] and
// [balance.Picker], avoids dead endpoints and sends them probes. It calls start for each
// check. Some checks depend on chance: they fail a correct balancer less than once in
// 10^6 runs.
func TestBalancer(t *testing.T, start func(t *testing.T) balance.Balancer) {
	checks := []struct {
		name  string
		check func(*testing.T, balance.Balancer)
	}{
		{"an endpoint of the set is picked", checkMembers},
		{"the slice is not modified", checkUnmodified},
		{"dead endpoints are skipped", checkDead},
		{"one is picked if all are dead", checkAllDead},
		{"a dead endpoint is probed", checkProbes},
		{"unfinished requests go to all endpoints", checkSpread},
		{"picking does not allocate", checkAllocations},
		{"concurrent picks", checkConcurrent},
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { c.check(t, start(t)) })
		})
	}
}

func checkMembers(t *testing.T, b balance.Balancer) {
	for _, size := range []int{1, 2, 3, 7, 50} {
		set := members(t, size)
		picker := b.Picker(set)
		for range 200 {
			e := pick(t, picker, set)
			lease := e.Acquire()
			time.Sleep(rand.N(10 * time.Millisecond))
			lease.Report(balance.Outcome(rand.IntN(2))) // ignorable or success
			if rand.IntN(2) == 0 {
				lease.Done()
			}
		}
	}
}

func checkUnmodified(t *testing.T, b balance.Balancer) {
	set := members(t, 20)
	before := slices.Clone(set)
	picker := b.Picker(set)
	for range 100 {
		pick(t, picker, set).Acquire()
		if !slices.Equal(set, before) {
			t.Fatal("the slice of endpoints was modified")
		}
	}
}

func checkDead(t *testing.T, b balance.Balancer) {
	for _, size := range []int{2, 3, 10} {
		set := members(t, size)
		picker := b.Picker(set)
		markDead(t, set[1])
		for range 200 {
			e := pick(t, picker, set)
			if e == set[1] {
				t.Fatalf("the dead endpoint of %d was picked", size)
			}
			e.Acquire()
			time.Sleep(time.Millisecond)
		}
	}
}

func checkAllDead(t *testing.T, b balance.Balancer) {
	for _, size := range []int{1, 2, 3, 10} {
		set := members(t, size)
		picker := b.Picker(set)
		for _, e := range set {
			markDead(t, e)
		}
		for range 20 {
			pick(t, picker, set)
		}
	}
}

func checkProbes(t *testing.T, b balance.Balancer) {
	set := members(t, 3)
	picker := b.Picker(set)
	markDead(t, set[2])
	time.Sleep(deadFor)
	for range manyRequests {
		lease := pick(t, picker, set).Acquire()
		time.Sleep(10 * time.Millisecond)
		if lease.Probe() {
			return
		}
	}
	t.Errorf("none of %d unfinished requests was a probe", manyRequests)
}

func checkSpread(t *testing.T, b balance.Balancer) {
	set := members(t, 5)
	picker := b.Picker(set)
	got := map[*balance.Endpoint]bool{}
	for range manyRequests {
		e := pick(t, picker, set)
		e.Acquire()
		time.Sleep(10 * time.Millisecond)
		if got[e] = true; len(got) == len(set) {
			return
		}
	}
	t.Errorf("%d unfinished requests went to %d of %d endpoints", manyRequests, len(got), len(set))
}

func checkAllocations(t *testing.T, b balance.Balancer) {
	set := members(t, 10)
	picker := b.Picker(set)
	markDead(t, set[3])
	r := request()
	if n := testing.AllocsPerRun(1000, func() {
		lease := picker.Pick(r).Acquire()
		lease.Report(balance.Success)
		lease.Done()
	}); n != 0 {
		t.Errorf("a request allocates %v times", n)
	}
}

func checkConcurrent(t *testing.T, b balance.Balancer) {
	set := members(t, 4)
	picker := b.Picker(set)
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			r := request()
			for i := range 200 {
				e := picker.Pick(r)
				if !slices.Contains(set, e) {
					t.Error("an endpoint that is not in the set was picked")
					return
				}
				lease := e.Acquire()
				lease.Report(balance.Outcome(i % 2))
				lease.Done()
			}
		})
	}
	for range 20 {
		b.Picker(set)
	}
	workers.Wait()
	for _, e := range set {
		if n := e.Pending(); n != 0 {
			t.Errorf("%d requests are pending", n)
		}
	}
}

const (
	manyRequests = 10_000
	deadFor      = time.Minute
)

// members makes n endpoints that are marked dead for a minute by each failure.
func members(t *testing.T, n int) []*balance.Endpoint {
	t.Helper()
	accrual := &Accrual{}
	accrual.MarkDead(true)
	set, err := balance.NewSet(balance.SetConfig{
		NewTransport: func(resolve.Address) http.RoundTripper { return nil },
		Accrual:      accrual,
		Backoff:      balance.ConstantBackoff(deadFor),
	})
	if err != nil {
		t.Fatal(err)
	}
	var addresses []resolve.Address
	for i := range n {
		ip := netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)})
		addresses = append(addresses, resolve.Address{AddrPort: netip.AddrPortFrom(ip, 80), Weight: 1})
	}
	set.Update(addresses)
	return slices.Clone(set.Endpoints())
}

func request() *http.Request {
	r, err := http.NewRequest(http.MethodGet, "http://web/", nil)
	if err != nil {
		panic(err)
	}
	return r
}

func pick(t *testing.T, p balance.Picker, set []*balance.Endpoint) *balance.Endpoint {
	t.Helper()
	e := p.Pick(request())
	if !slices.Contains(set, e) {
		t.Fatal("an endpoint that is not in the set was picked")
	}
	return e
}
