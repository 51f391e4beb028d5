package balance_test

import (
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
)

// newTransport makes the transport for an endpoint. A real one connects to the address.
func newTransport(resolve.Address) http.RoundTripper { return http.DefaultTransport }

// replicas returns an endpoint for each host. The first has a request in flight.
func replicas(hosts ...string) []*balance.Endpoint {
	set, err := balance.NewSet(balance.SetConfig{NewTransport: newTransport})
	if err != nil {
		log.Fatal(err)
	}
	var addresses []resolve.Address
	for _, host := range hosts {
		addresses = append(addresses, resolve.Address{Host: host, Weight: 1})
	}
	set.Update(addresses)
	set.Endpoints()[0].Acquire()
	return set.Endpoints()
}

// A set whose second endpoint fails, seen request by request.
func Example() {
	set, err := balance.NewSet(balance.SetConfig{NewTransport: newTransport, Balancer: balance.RoundRobin{}})
	if err != nil {
		log.Fatal(err)
	}
	defer set.Close()
	picker := set.Update([]resolve.Address{{Host: "a", Weight: 1}, {Host: "b", Weight: 1}})
	request, err := http.NewRequest(http.MethodGet, "http://web/", nil)
	if err != nil {
		log.Fatal(err)
	}
	for range 20 {
		endpoint := picker.Pick(request)
		lease := endpoint.Acquire()
		outcome := balance.Success // what endpoint.Transport().RoundTrip(request) returned
		if endpoint.Address().Host == "b" {
			outcome = balance.Failure
		}
		if change := lease.Report(outcome); change.Kind != "" {
			fmt.Println(endpoint.Address().Host, "is", change.Kind, "for", change.For)
		}
		lease.Done()
	}
	stats := set.Stats()
	fmt.Println(stats.Available, "of", stats.Size, "endpoints are available")
	// Output:
	// b is removed for 5s
	// 1 of 2 endpoints are available
}

func ExampleEndpoint_Acquire() {
	endpoint := replicas("a", "b")[1]
	lease := endpoint.Acquire()
	fmt.Println(endpoint.Address().Host, "has", endpoint.Pending(), "request in flight")
	lease.Report(balance.Success)
	lease.Done()
	fmt.Println(endpoint.Address().Host, "has", endpoint.Pending())
	// Output:
	// b has 1 request in flight
	// b has 0
}

func ExampleP2C() {
	picker := balance.P2C{MaxEffort: 10}.Picker(replicas("busy", "idle"))
	fmt.Println(picker.Pick(nil).Address().Host)
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
	picker := balance.Heap{}.Picker(replicas("busy", "idle"))
	fmt.Println(picker.Pick(nil).Address().Host)
	// Output: idle
}

func ExampleRoundRobin() {
	picker := balance.RoundRobin{}.Picker(replicas("a", "b", "c"))
	used := map[string]int{}
	for range 6 {
		used[picker.Pick(nil).Address().Host]++
	}
	fmt.Println(used)
	// Output: map[a:2 b:2 c:2]
}

func ExampleWeighted() {
	set, err := balance.NewSet(balance.SetConfig{NewTransport: newTransport, Balancer: balance.Weighted(balance.P2C{})})
	if err != nil {
		log.Fatal(err)
	}
	defer set.Close()
	picker := set.Update([]resolve.Address{{Host: "full", Weight: 1}, {Host: "drained", Weight: 0}})
	fmt.Println(picker.Pick(nil).Address().Host)
	// Output: full
}

// byHeader is a balancer that sends requests with the same X-User header to the same
// endpoint, as long as that endpoint is open.
type byHeader struct{}

func (byHeader) Picker(endpoints []*balance.Endpoint) balance.Picker { return userPicker(endpoints) }

type userPicker []*balance.Endpoint

func (p userPicker) Pick(r *http.Request) *balance.Endpoint {
	first := 0
	for _, c := range []byte(r.Header.Get("X-User")) {
		first += int(c)
	}
	for i := range p {
		if e := p[(first+i)%len(p)]; e.Open() {
			return e
		}
	}
	return p[first%len(p)]
}

// A balancer of one's own.
func ExampleBalancer() {
	picker := byHeader{}.Picker(replicas("a", "b", "c"))
	alice, err := http.NewRequest(http.MethodGet, "http://web/", nil)
	if err != nil {
		log.Fatal(err)
	}
	alice.Header.Set("X-User", "alice")
	first, second := picker.Pick(alice), picker.Pick(alice)
	fmt.Println(first == second)
	// Output: true
}

func ExampleNewSet() {
	set, err := balance.NewSet(balance.SetConfig{NewTransport: newTransport})
	if err != nil {
		log.Fatal(err)
	}
	defer set.Close()
	picker := set.Update([]resolve.Address{{Host: "a", Weight: 1}, {Host: "b", Weight: 1}})
	a := set.Endpoints()[0]
	for a.Open() {
		lease := a.Acquire()
		if change := lease.Report(balance.Failure); change.Kind == "removed" {
			fmt.Println("removed for", change.For)
		}
		lease.Done()
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

// firstFailure marks an endpoint dead at its first failure.
type firstFailure struct{}

func (firstFailure) Policy() balance.Policy { return firstFailurePolicy{} }

type firstFailurePolicy struct{}

func (firstFailurePolicy) Success()      {}
func (firstFailurePolicy) Failure() bool { return true }
func (firstFailurePolicy) Revived()      {}

// A failure accrual of one's own.
func ExampleAccrual() {
	set, err := balance.NewSet(balance.SetConfig{NewTransport: newTransport, Accrual: firstFailure{}})
	if err != nil {
		log.Fatal(err)
	}
	defer set.Close()
	set.Update([]resolve.Address{{Host: "a", Weight: 1}})
	lease := set.Endpoints()[0].Acquire()
	fmt.Println(lease.Report(balance.Failure).Kind)
	lease.Done()
	// Output: removed
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

// linear waits one more second each time.
type linear struct{}

func (linear) Wait(n int, _ time.Duration) time.Duration { return time.Duration(n+1) * time.Second }

// A backoff of one's own.
func ExampleBackoff() {
	var backoff balance.Backoff = linear{}
	fmt.Println(backoff.Wait(0, 0), backoff.Wait(1, time.Second))
	// Output: 1s 2s
}
