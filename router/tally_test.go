package router_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// TestTallies: what they say in short is what the counters say.
func TestTallies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, over(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/no" {
				return nil, errors.New("it broke")
			}
			return answer(200, ""), nil
		}))
		defer f.Close()
		f.names.Bind("/web", "10.0.0.1:80", "10.0.0.2:80")
		f.names.Bind("/other", "10.0.0.3:80")
		bound := time.Now()
		for range 3 {
			f.mustAsk(t, request(t, "web"))
		}
		r := request(t, "web")
		r.URL.Path = "/no"
		f.failure(t, r)
		f.mustAsk(t, request(t, "other"))
		time.Sleep(time.Minute)
		services, clients, set := map[string]routerview.Tally{}, map[string]routerview.Tally{}, routerview.SetTally{}
		f.View().Tallies(func(one routerview.Tally) {
			services[one.Name.String()] = one
			if one.Set() != (routerview.SetTally{}) {
				t.Errorf("a service has addresses: %+v", one.Set())
			}
		}, func(one routerview.Tally) {
			clients[one.Name.String()] = one
			if one.Name.String() == "/#/fake/web" {
				set = one.Set()
			}
		})
		for _, s := range f.ServiceStats() {
			one := services[s.Name.String()]
			if again, ok := f.ServiceStatsOf(s.Name); !ok || again.Success != s.Success || one.Success != s.Success || one.Failures != s.Failures || one.Again != s.Retries.Total || one.Pending != 0 {
				t.Errorf("%+v and %+v, where the counters are %+v", one, again, s)
			}
		}
		for _, c := range f.ClientStats() {
			one := clients[c.ID.String()]
			if again, ok := f.ClientStatsOf(c.ID); !ok || again.Success != c.Success || one.Success != c.Success || one.Failures != c.Failures || one.Again != c.Requeues.Total || one.Pending != 0 {
				t.Errorf("%+v and %+v, where the counters are %+v", one, again, c)
			}
		}
		if len(services) != 2 || len(clients) != 2 || services["/svc/web"].Success != 3 || services["/svc/web"].Failures != 1 {
			t.Errorf("%+v and %+v", services, clients)
		}
		if set.Size != 2 || set.Available != 2 || !set.Told.Equal(bound) || set.Err != nil {
			t.Errorf("%+v, bound at %v", set, bound)
		}
		nobody := resolve.MustPath("/svc/nobody")
		if s, ok := f.ServiceStatsOf(nobody); ok {
			t.Errorf("%+v", s)
		}
		if s, ok := f.ClientStatsOf(nobody); ok {
			t.Errorf("%+v", s)
		}
		web, id := resolve.MustPath("/svc/web"), resolve.MustPath("/#/fake/web")
		latencies := f.View().LatenciesAt([]resolve.Path{web, nobody}, []resolve.Path{id, nobody})
		if len(latencies.Services) != 1 || len(latencies.Clients) != 1 || latencies.Services[web].Total().All.Count() != 4 || latencies.Clients[id].Total().All.Count() != 4 {
			t.Errorf("%+v", latencies)
		}
		if pairs := f.View().Pairs(web); len(pairs) != 1 || pairs[0].Client != id || pairs[0].Success != 3 {
			t.Errorf("%+v", pairs)
		}
	})
}

// TestLastFailures: each endpoint has the failure of its own attempts, also of those after
// which the request was sent again; and a replica set what its namer said.
func TestLastFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, func(c *router.Config) {
			c.NewTransport = func(a resolve.Address, _ router.TransportConfig) http.RoundTripper {
				return canned(func(r *http.Request) (*http.Response, error) {
					switch {
					case a.AddrPort.String() == "10.0.0.1:80":
						return nil, errors.New("refused by its guard")
					case r.URL.Path == "/503":
						return answer(503, ""), nil
					}
					return answer(200, ""), nil
				})
			}
		})
		defer f.Close()
		f.names.Bind("/web", "10.0.0.1:80", "10.0.0.2:80")
		id := resolve.MustPath("/#/fake/web")
		state := func() (s routerview.ClientState, first, second routerview.EndpointState) {
			s, _ = f.View().ClientState(id)
			for _, e := range s.Endpoints {
				if e.Address.AddrPort.String() == "10.0.0.1:80" {
					first = e
				} else {
					second = e
				}
			}
			return s, first, second
		}
		for range 20 {
			if resp, err := f.RoundTrip(request(t, "web")); err == nil {
				resp.Body.Close()
			}
		}
		_, first, second := state()
		if !strings.Contains(first.LastFailure, "refused by its guard") || !first.Failed.Equal(time.Now()) || second.LastFailure != "" || !second.Failed.IsZero() {
			t.Errorf("%q at %v, and %q", first.LastFailure, first.Failed, second.LastFailure)
		}
		time.Sleep(time.Second)
		f.names.Bind("/web", "10.0.0.2:80")
		r := request(t, "web")
		r.URL.Path = "/503"
		if resp, err := f.RoundTrip(r); err == nil {
			resp.Body.Close()
		}
		failed := time.Now()
		f.names.SetReplicas("/web", resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: errors.New("the registry is away"), Since: failed})
		synctest.Wait()
		s, _, second := state()
		if second.LastFailure != "status 503" || !second.Failed.Equal(time.Now()) {
			t.Errorf("%q at %v", second.LastFailure, second.Failed)
		}
		if s.LastErr == nil || s.LastErr.Error() != "the registry is away" || !s.Erred.Equal(failed) || !s.Told.Equal(time.Now()) || len(s.Endpoints) != 1 {
			t.Errorf("%v at %v, told at %v", s.LastErr, s.Erred, s.Told)
		}
	})
}
