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
// [balance.Picker], and does with dead endpoints what is asked of one. It calls
// start for each check. What it checks by chance fails for no reason less than
// once in 10^6 times.
func TestBalancer(t *testing.T, start func(t *testing.T) balance.Balancer) {
	checks := []struct {
		name  string
		check func(*testing.T, balance.Balancer)
	}{
		{"one of the set is picked", checkMembers},
		{"the set is left as it is", checkUntouched},
		{"the dead are passed by", checkDead},
		{"if all are dead, one is picked", checkAllDead},
		{"who may be alive again is tried", checkProbes},
		{"what does not end goes to everyone", checkEveryone},
		{"to pick does not allocate", checkAllocations},
		{"many may pick at once", checkConcurrent},
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
			use := e.Begin()
			time.Sleep(rand.N(10 * time.Millisecond))
			use.Report(balance.Outcome(rand.IntN(2))) // ignorable or success
			if rand.IntN(2) == 0 {
				use.End()
			}
		}
	}
}

func checkUntouched(t *testing.T, b balance.Balancer) {
	set := members(t, 20)
	before := slices.Clone(set)
	picker := b.Picker(set)
	for range 100 {
		pick(t, picker, set).Begin()
		if !slices.Equal(set, before) {
			t.Fatal("the slice that it was given is another")
		}
	}
}

func checkDead(t *testing.T, b balance.Balancer) {
	for _, size := range []int{2, 3, 10} {
		set := members(t, size)
		picker := b.Picker(set)
		Kill(t, set[1])
		for range 200 {
			e := pick(t, picker, set)
			if e == set[1] {
				t.Fatalf("of %d, one of which is dead, that one was picked", size)
			}
			e.Begin()
			time.Sleep(time.Millisecond)
		}
	}
}

func checkAllDead(t *testing.T, b balance.Balancer) {
	for _, size := range []int{1, 2, 3, 10} {
		set := members(t, size)
		picker := b.Picker(set)
		for _, e := range set {
			Kill(t, e)
		}
		for range 20 {
			pick(t, picker, set)
		}
	}
}

func checkProbes(t *testing.T, b balance.Balancer) {
	set := members(t, 3)
	picker := b.Picker(set)
	Kill(t, set[2])
	time.Sleep(deadFor)
	for range manyRequests {
		use := pick(t, picker, set).Begin()
		time.Sleep(10 * time.Millisecond)
		if use.Probe() {
			return
		}
	}
	t.Errorf("after %d requests that did not end, none was a probe", manyRequests)
}

func checkEveryone(t *testing.T, b balance.Balancer) {
	set := members(t, 5)
	picker := b.Picker(set)
	got := map[*balance.Endpoint]bool{}
	for range manyRequests {
		e := pick(t, picker, set)
		e.Begin()
		time.Sleep(10 * time.Millisecond)
		if got[e] = true; len(got) == len(set) {
			return
		}
	}
	t.Errorf("%d requests that did not end went to %d of %d endpoints", manyRequests, len(got), len(set))
}

func checkAllocations(t *testing.T, b balance.Balancer) {
	set := members(t, 10)
	picker := b.Picker(set)
	Kill(t, set[3])
	r := request()
	if n := testing.AllocsPerRun(1000, func() {
		use := picker.Pick(r).Begin()
		use.Report(balance.Success)
		use.End()
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
					t.Error("a stranger was picked")
					return
				}
				use := e.Begin()
				use.Report(balance.Outcome(i % 2))
				use.End()
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

// members makes n endpoints that are dead for a minute after each failure.
func members(t *testing.T, n int) []*balance.Endpoint {
	t.Helper()
	accrual := &Accrual{}
	accrual.Deadly(true)
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
		t.Fatal("a stranger was picked")
	}
	return e
}
