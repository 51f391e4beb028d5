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

// failingEndpoints makes n endpoints of weight 1 that are marked dead for an hour by each
// failure.
func failingEndpoints(t testing.TB, n int) []*balance.Endpoint {
	t.Helper()
	return failingEndpointsFor(t, n, time.Hour)
}

func failingEndpointsFor(t testing.TB, n int, backoff time.Duration) []*balance.Endpoint {
	t.Helper()
	set := newSet(t, func(c *balance.SetConfig) { c.Backoff = balance.ConstantBackoff(backoff) })
	set.Update(addresses(n))
	return set.Endpoints()
}

// newSet makes a set whose endpoints are marked dead by one failure.
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

// addresses returns n addresses, from 10.0.0.1:80 on.
func addresses(n int) []resolve.Address {
	all := make([]resolve.Address, n)
	for i := range all {
		all[i] = resolve.Address{AddrPort: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte((i + 1) >> 8), byte(i + 1)}), 80), Weight: 1}
	}
	return all
}

// send makes a request with an outcome.
func send(e *balance.Endpoint, o balance.Outcome) balance.Change {
	lease := e.Acquire()
	defer lease.Done()
	return lease.Report(o)
}

// markDead lets a request fail at each endpoint, which must be marked dead then.
func markDead(t testing.TB, all ...*balance.Endpoint) {
	t.Helper()
	for _, e := range all {
		if send(e, balance.Failure); e.Open() {
			t.Fatal("the endpoint is still open")
		}
	}
}

// counts picks n times and counts the picks of each endpoint.
func counts(picker balance.Picker, n int) map[*balance.Endpoint]int {
	got := map[*balance.Endpoint]int{}
	for range n {
		got[picker.Pick(nil)]++
	}
	return got
}

// expectShares picks many times and compares the number of picks of each endpoint with
// its share. It returns the number of picks.
func expectShares(t *testing.T, picker balance.Picker, set []*balance.Endpoint, shares ...float64) (n int) {
	t.Helper()
	n = 6000
	got := counts(picker, n)
	for i, e := range set {
		if d := math.Abs(float64(got[e]) - float64(n)*shares[i]); d > deviation(n, shares[i]) {
			t.Errorf("endpoint %d was picked %d times of %d, want about %.0f", i, got[e], n, float64(n)*shares[i])
		}
	}
	return n
}

// deviation returns a bound on the distance of a count of n independent events of
// probability p from its mean. The bound is exceeded less than once in 10^9 times, by
// Bernstein's inequality: P(|X-np| >= d) <= 2 exp(-d^2 / (2np(1-p) + 2d/3)). The tests
// use less than a thousand such bounds, so that one of them fails by chance less than
// once in 10^6 runs.
func deviation(n int, p float64) float64 {
	l := math.Log(2 / 1e-9)
	return l/3 + math.Sqrt(l*l/9+2*l*float64(n)*p*(1-p))
}

func accrual(t testing.TB) func(balance.Accrual, error) balance.Accrual {
	return must[balance.Accrual](t)
}

// must returns what a constructor made, and fails the test if there is an error.
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

// kinds returns all balancers with their defaults.
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
