package router_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// failing makes every replica answer 503 and counts what arrives at each.
func failing(sent map[string]int) func(*router.Config) {
	return func(c *router.Config) {
		c.NewTransport = func(a resolve.Address, _ router.TransportConfig) http.RoundTripper {
			return canned(func(*http.Request) (*http.Response, error) {
				sent[a.AddrPort.String()]++
				return answer(503, ""), nil
			})
		}
	}
}

// budgets are the policies of services that retry reads within the usual budget, but for
// one that has its own.
func budgets(usual router.Budget, name string, own router.Budget) func(resolve.Path) router.ServicePolicy {
	return func(service resolve.Path) router.ServicePolicy {
		p := router.ServicePolicy{Classifier: router.RetryableRead5XX(), Budget: usual}
		if service == resolve.MustPath(name) {
			p.Budget = own
		}
		return p
	}
}

// TestRetriesOfManyNames: names are strangers', and however many of them lead to
// one failing set, it gets what one name would have it get.
func TestRetriesOfManyNames(t *testing.T) {
	const requests = 2000
	for _, names := range []int{1, requests} {
		synctest.Test(t, func(t *testing.T) { // no time passes
			sent := map[string]int{}
			f := start(t, failing(sent), policy(router.ServicePolicy{Classifier: router.RetryableRead5XX()}),
				func(c *router.Config) { c.Dtab = resolve.MustDtab("/svc => /#/fake/web") })
			defer f.Close()
			f.names.Bind("/web", "10.0.0.1:80")
			for i := range requests {
				f.mustAsk(t, request(t, fmt.Sprintf("n%d", i%names)))
			}
			if got, want := sent["10.0.0.1:80"], requests+requests/5+100; got != want {
				t.Errorf("%d requests with %d names are %d at the backend, want %d", requests, names, got, want)
			}
			c := f.ClientStats()[0]
			if names > 1 && c.RetriesRefused == 0 || names == 1 && c.RetriesRefused != 0 {
				t.Errorf("%d names: %d retries were refused by the set", names, c.RetriesRefused)
			}
			if names == 1 && f.ServiceStats()[0].Retries.BudgetExhausted == 0 {
				t.Errorf("%+v", f.ServiceStats()[0])
			}
		})
	}
}

// TestBudgetsOfTwoSets: a retry counts at the set to which it goes. What a small
// failing set cannot have retried at itself goes to the other, if the service's
// budget allows.
func TestBudgetsOfTwoSets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := map[string]int{}
		f := start(t, func(c *router.Config) {
			c.NewTransport = func(a resolve.Address, _ router.TransportConfig) http.RoundTripper {
				return canned(func(*http.Request) (*http.Response, error) {
					sent[a.AddrPort.String()]++
					if a.AddrPort.Port() == 1 {
						return answer(503, ""), nil
					}
					return answer(200, ""), nil
				})
			}
		}, policy(router.ServicePolicy{Classifier: router.RetryableRead5XX(), Budget: budget(t, 10*time.Second, 0, 1), MaxRetries: 1}))
		defer f.Close()
		f.names.Bind("/bad", "10.0.0.1:1")
		f.names.Bind("/good", "10.0.0.1:2")
		f.names.Set("/web", "0.1 * /#/fake/bad & 0.9 * /#/fake/good")
		failures := 0
		for range 2000 {
			resp, err := f.RoundTrip(request(t, "web"))
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != 200 {
				failures++
			}
			resp.Body.Close()
		}
		// A tenth fails at first, and a tenth of those again; with a budget of the
		// set that failed none could have been refused either, but see TestRetriesOfManyNames.
		if failures > 60 || sent["10.0.0.1:1"] > 400 {
			t.Errorf("%d of 2000 requests failed, %v at the backends", failures, sent)
		}
	})
}

// TestBudgetsStay: a set's budget for some settings is what it was when another has come.
func TestBudgetsStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // no time passes
		sent := map[string]int{}
		some, other := budget(t, 10*time.Second, 1, 0), budget(t, 10*time.Second, 2, 0)
		f := start(t, failing(sent), func(c *router.Config) {
			c.Dtab = resolve.MustDtab("/svc => /#/fake/web")
			c.Services = budgets(some, "/svc/other", other)
		})
		defer f.Close()
		f.names.Bind("/web", "10.0.0.1:80")
		ask := func(host string, times int) int {
			before := sent["10.0.0.1:80"]
			for range times {
				f.mustAsk(t, request(t, host))
			}
			return sent["10.0.0.1:80"] - before - times
		}
		first := ask("one", 100)
		ask("other", 100)
		// A name has a budget of its own, and the set's is used up.
		if again := ask("two", 100); first != 10 || again != 0 {
			t.Errorf("%d retries, and %d more of the same settings, want 10 and none", first, again)
		}
	})
}

// TestBudgetsOfDifferentServices: the settings of one service do not bound another
// that is to be retried more often.
func TestBudgetsOfDifferentServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := map[string]int{}
		none, much := budget(t, 10*time.Second, 0, 0), budget(t, 10*time.Second, 0, 2)
		f := start(t, failing(sent), func(c *router.Config) {
			c.Dtab = resolve.MustDtab("/svc => /#/fake/web")
			c.Services = budgets(none, "/svc/much", much)
		})
		defer f.Close()
		f.names.Bind("/web", "10.0.0.1:80")
		for range 100 {
			f.mustAsk(t, request(t, "none"))
		}
		if got := sent["10.0.0.1:80"]; got != 100 {
			t.Errorf("%d without a budget", got)
		}
		for range 100 {
			f.mustAsk(t, request(t, "much"))
		}
		if got := sent["10.0.0.1:80"]; got != 100+300 {
			t.Errorf("%d at the backend, want 400", got)
		}
	})
}
