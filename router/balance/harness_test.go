package balance_test

import (
	"math"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
)

// endpoints makes an endpoint for each weight. None is ever marked dead.
func endpoints(weights ...float64) []*balance.Endpoint {
	set, err := balance.NewSet(balance.SetConfig{
		NewTransport: func(resolve.Address) http.RoundTripper { return nil },
		Accrual:      balance.NoAccrual(),
	})
	if err != nil {
		panic(err)
	}
	all := addresses(len(weights))
	for i, w := range weights {
		all[i].Weight = w
	}
	set.Update(all)
	return set.Endpoints()
}

// equal makes n endpoints of weight 1.
func equal(n int) []*balance.Endpoint {
	weights := make([]float64, n)
	for i := range weights {
		weights[i] = 1
	}
	return endpoints(weights...)
}

// mortal makes n endpoints of weight 1 that are dead for an hour after each
// failure.
func mortal(t testing.TB, n int) []*balance.Endpoint {
	t.Helper()
	return mortalFor(t, n, time.Hour)
}

func mortalFor(t testing.TB, n int, backoff time.Duration) []*balance.Endpoint {
	t.Helper()
	set := newSet(t, func(c *balance.SetConfig) { c.Backoff = balance.ConstantBackoff(backoff) })
	set.Update(addresses(n))
	return set.Endpoints()
}

// newSet makes a set with endpoints that die of one failure.
func newSet(t testing.TB, options ...func(*balance.SetConfig)) *balance.Set {
	t.Helper()
	config := balance.SetConfig{
		NewTransport: func(resolve.Address) http.RoundTripper { return nil },
		Accrual:      accrual(t)(balance.NewConsecutiveFailures(1)),
	}
	for _, option := range options {
		option(&config)
	}
	set, err := balance.NewSet(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(set.Close)
	return set
}

// addresses are 10.0.0.1:80 and so on.
func addresses(n int) []resolve.Address {
	all := make([]resolve.Address, n)
	for i := range all {
		all[i] = resolve.Address{AddrPort: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte((i + 1) >> 8), byte(i + 1)}), 80), Weight: 1}
	}
	return all
}

// ask lets a request begin, tells what came of it, and ends it.
func ask(e *balance.Endpoint, o balance.Outcome) balance.Change {
	lease := e.Acquire()
	defer lease.Done()
	return lease.Report(o)
}

func kill(t testing.TB, all ...*balance.Endpoint) {
	t.Helper()
	for _, e := range all {
		if ask(e, balance.Failure); e.Open() {
			t.Fatal("the endpoint is still alive")
		}
	}
}

// counts picks n times.
func counts(picker balance.Picker, n int) map[*balance.Endpoint]int {
	got := map[*balance.Endpoint]int{}
	for range n {
		got[picker.Pick(nil)]++
	}
	return got
}

// expectShares picks often and compares how often each endpoint is picked with
// its share. It returns how often it picked.
func expectShares(t *testing.T, picker balance.Picker, set []*balance.Endpoint, shares ...float64) (n int) {
	t.Helper()
	n = 6000
	got := counts(picker, n)
	for i, e := range set {
		if d := math.Abs(float64(got[e]) - float64(n)*shares[i]); d > deviation(n, shares[i]) {
			t.Errorf("endpoint %d was picked %d times of %d, want some %.0f", i, got[e], n, float64(n)*shares[i])
		}
	}
	return n
}

// deviation is how far a count of n independent events, each of probability p,
// is from its mean at most, but for once in 10^9 times: Bernstein's inequality
// has it that P(|X-np| >= d) <= 2 exp(-d^2 / (2np(1-p) + 2d/3)). The tests ask
// that less than a thousand times, so that one of them fails for no reason less
// than once in 10^6 times.
func deviation(n int, p float64) float64 {
	l := math.Log(2 / 1e-9)
	return l/3 + math.Sqrt(l*l/9+2*l*float64(n)*p*(1-p))
}

func accrual(t testing.TB) func(balance.Accrual, error) balance.Accrual {
	return must[balance.Accrual](t)
}

// must takes what a constructor returns.
func must[T any](t testing.TB) func(T, error) T {
	return func(made T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
}

type kind struct {
	name     string
	balancer balance.Balancer
}

// kinds are all balancers, as they are by default.
func kinds(t testing.TB) []kind {
	t.Helper()
	balancer := must[balance.Balancer](t)
	return []kind{
		{"p2c", balance.P2C{}},
		{"ewma", balancer(balance.NewEWMA(balance.EWMAConfig{}))},
		{"aperture", balancer(balance.NewAperture(balance.ApertureConfig{}))},
		{"heap", balance.Heap{}},
		{"roundRobin", balance.RoundRobin{}},
	}
}
