package balance_test

import (
	"fmt"
	"log"
	"net/http"
	"net/netip"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
)

func ExampleNewEndpoint() {
	e := balance.NewEndpoint(resolve.Address{AddrPort: netip.MustParseAddrPort("10.0.0.1:80"), Weight: 1}, http.DefaultTransport)
	use := e.Begin()
	fmt.Println(e.Address().AddrPort, "has", e.Pending(), "request in flight")
	use.Report(balance.Success)
	use.End()
	// Output: 10.0.0.1:80 has 1 request in flight
}

// replicas are endpoints of which the first has a request in flight.
func replicas(names ...string) []*balance.Endpoint {
	var all []*balance.Endpoint
	for _, name := range names {
		all = append(all, balance.NewEndpoint(resolve.Address{Host: name, Weight: 1}, http.DefaultTransport))
	}
	all[0].Begin()
	return all
}

func ExampleP2C() {
	picker := balance.P2C().Picker(replicas("busy", "idle"))
	fmt.Println(picker.Pick(nil).Address().Host)
	// Output: idle
}

func ExampleNewP2C() {
	balancer, err := balance.NewP2C(balance.P2CConfig{MaxEffort: 10})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(balancer.Picker(replicas("busy", "idle")).Pick(nil).Address().Host)
	// Output: idle
}

func ExampleNewEWMA() {
	balancer, err := balance.NewEWMA(balance.EWMAConfig{DecayTime: 5 * time.Second})
	if err != nil {
		log.Fatal(err)
	}
	picker := balancer.Picker(replicas("busy for the first time", "new"))
	fmt.Println(picker.Pick(nil).Address().Host)
	// Output: new
}

func ExampleNewAperture() {
	balancer, err := balance.NewAperture(balance.ApertureConfig{MinAperture: 2})
	if err != nil {
		log.Fatal(err)
	}
	picker := balancer.Picker(replicas("a", "b", "c", "d", "e"))
	used := map[string]bool{}
	for range 1000 {
		used[picker.Pick(nil).Address().Host] = true
	}
	fmt.Println(len(used) <= 2)
	// Output: true
}

func ExampleHeap() {
	picker := balance.Heap().Picker(replicas("busy", "idle"))
	fmt.Println(picker.Pick(nil).Address().Host)
	// Output: idle
}

func ExampleNewRoundRobin() {
	balancer, err := balance.NewRoundRobin(balance.RoundRobinConfig{})
	if err != nil {
		log.Fatal(err)
	}
	picker := balancer.Picker(replicas("a", "b", "c"))
	used := map[string]int{}
	for range 6 {
		used[picker.Pick(nil).Address().Host]++
	}
	fmt.Println(used)
	// Output: map[a:2 b:2 c:2]
}

func ExampleWeighted() {
	full := balance.NewEndpoint(resolve.Address{Host: "full", Weight: 1}, http.DefaultTransport)
	drained := balance.NewEndpoint(resolve.Address{Host: "drained", Weight: 0}, http.DefaultTransport)
	picker := balance.Weighted(balance.P2C()).Picker([]*balance.Endpoint{full, drained})
	fmt.Println(picker.Pick(nil).Address().Host)
	// Output: full
}

func ExampleNewSet() {
	set, err := balance.NewSet(balance.SetConfig{
		NewTransport: func(resolve.Address) http.RoundTripper { return http.DefaultTransport },
	})
	if err != nil {
		log.Fatal(err)
	}
	defer set.Close()
	picker := set.Update([]resolve.Address{{Host: "a", Weight: 1}, {Host: "b", Weight: 1}})
	a := set.Endpoints()[0]
	for a.Open() {
		use := a.Begin()
		if change := use.Report(balance.Failure); change.Kind == balance.Removed {
			fmt.Println("removed for", change.For)
		}
		use.End()
	}
	fmt.Println(picker.Pick(nil).Address().Host)
	// Output:
	// removed for 5s
	// b
}

func ExampleNewConsecutiveFailures() {
	accrual, err := balance.NewConsecutiveFailures(2)
	if err != nil {
		log.Fatal(err)
	}
	policy := accrual.Policy()
	fmt.Println(policy.Failure(), policy.Failure())
	// Output: false true
}

func ExampleNewSuccessRate() {
	accrual, err := balance.NewSuccessRate(0.9, 3)
	if err != nil {
		log.Fatal(err)
	}
	policy := accrual.Policy()
	policy.Success()
	fmt.Println(policy.Failure(), policy.Failure()) // the third request
	// Output: false true
}

func ExampleNewWindowedSuccessRate() {
	accrual, err := balance.NewWindowedSuccessRate(0.9, 30*time.Second)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(accrual.Policy().Failure()) // the window has not passed
	// Output: false
}

func ExampleNoAccrual() {
	fmt.Println(balance.NoAccrual().Policy())
	// Output: <nil>
}

func ExampleConstantBackoff() {
	fmt.Println(balance.ConstantBackoff(time.Second).Wait(3, time.Second))
	// Output: 1s
}

func ExampleNewEqualBackoff() {
	backoff, err := balance.NewEqualBackoff(5*time.Second, 300*time.Second)
	if err != nil {
		log.Fatal(err)
	}
	first := backoff.Wait(0, 0)
	second := backoff.Wait(1, first)
	fmt.Println(first, second >= 5*time.Second, second < 10*time.Second)
	// Output: 5s true true
}

func ExampleNewDecorrelatedBackoff() {
	backoff, err := balance.NewDecorrelatedBackoff(time.Second, time.Minute)
	if err != nil {
		log.Fatal(err)
	}
	first := backoff.Wait(0, 0)
	second := backoff.Wait(1, first)
	fmt.Println(first, second >= time.Second, second < 3*time.Second)
	// Output: 1s true true
}
