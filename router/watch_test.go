package router_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// TestWatch: a watch sees all names once, and then those at which something has happened;
// another one sees all of them again.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hold := make(chan struct{})
		f := start(t, over(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/slow" {
				<-hold
			}
			return answer(200, ""), nil
		}), func(c *router.Config) { c.Cache.IdleTTL = time.Minute })
		defer f.Close()
		for _, name := range []string{"a", "b", "c"} {
			f.names.Bind("/"+name, "10.0.0.1:80")
			f.mustAsk(t, request(t, name))
		}
		expect := func(when string, w routerview.Watch, all int, want ...string) {
			t.Helper()
			services, clients := map[string]routerview.Tally{}, []string{}
			a, b := w.Changed(
				func(t routerview.Tally) { services[t.Name.String()] = t },
				func(t routerview.Tally) { clients = append(clients, t.Name.String()) })
			slices.Sort(clients)
			var wantServices, wantClients []string
			for _, name := range want {
				wantServices, wantClients = append(wantServices, "/svc/"+name), append(wantClients, "/#/fake/"+name)
			}
			if got := slices.Sorted(maps.Keys(services)); a != all || b != all || !slices.Equal(got, wantServices) || !slices.Equal(clients, wantClients) {
				t.Errorf("%s: %v of %d and %v of %d, want %v of %d", when, got, a, clients, b, want, all)
			}
		}
		w := f.View().Watch()
		expect("at first", w, 3, "a", "b", "c")
		expect("when nothing has happened", w, 3)
		f.mustAsk(t, request(t, "b"))
		expect("after a request", w, 3, "b")
		slow := request(t, "c")
		slow.URL.Path = "/slow"
		done := make(chan struct{})
		go func() {
			defer close(done)
			f.mustAsk(t, slow)
		}()
		synctest.Wait()
		expect("while there is one", w, 3, "c")
		expect("and still", w, 3)
		close(hold)
		<-done
		expect("after its end", w, 3, "c")
		other := f.View().Watch()
		expect("another watch", other, 3, "a", "b", "c")
		expect("the first one again", w, 3, "a", "b", "c")
		for range 5 {
			time.Sleep(30 * time.Second)
			f.mustAsk(t, request(t, "a"))
		}
		expect("when two are gone", w, 1, "a")
		if set, ok := f.View().SetOf(resolve.MustPath("/#/fake/a")); !ok || set.Size != 1 || set.Available != 1 || set.Open != -1 {
			t.Errorf("%+v, %v", set, ok)
		}
		if set, ok := f.View().SetOf(resolve.MustPath("/#/fake/b")); ok {
			t.Errorf("%+v", set)
		}
	})
}
