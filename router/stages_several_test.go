package router_test

import (
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// TestSeveralStagesOfEach: whatever numbers of stages a service and a client have, each
// one hears the outcome of each request that it passed on, once, and those above it later.
func TestSeveralStagesOfEach(t *testing.T) {
	for _, row := range []struct {
		service, client []string
		want            string
	}{
		{nil, []string{"a", "b", "c"}, "a; b; c; c done: answered; b done: answered; a done: answered; a; b; c; c done: answered; b done: answered; a done: answered"},
		{[]string{"a"}, []string{"b", "c"}, "a; b; c; c done: answered; b done: answered; b; c; c done: answered; b done: answered; a done: answered"},
		{[]string{"a", "b"}, []string{"c", "d"}, "a; b; c; d; d done: answered; c done: answered; c; d; d done: answered; c done: answered; b done: answered; a done: answered"},
	} {
		var l log
		of := func(names []string) func(resolve.Path) (all []router.Stage) {
			return func(resolve.Path) (all []router.Stage) {
				for _, name := range names {
					all = append(all, &witness{name: name, log: &l})
				}
				return all
			}
		}
		n := 0
		f := start(t, func(c *router.Config) { c.Stages = router.Stages{Service: of(row.service), Client: of(row.client)} },
			policy(router.ServicePolicy{Classifier: router.RetryableAll5XX()}), over(func(*http.Request) (*http.Response, error) {
				if n++; n == 1 {
					return answer(500, ""), nil
				}
				return answer(200, "yes"), nil
			}))
		f.names.Bind("/web", "10.0.0.1:80")
		if got := f.mustAsk(t, request(t, "web")); got != "yes" || n != 2 {
			t.Errorf("%q after %d attempts", got, n)
		}
		if got := l.text(); got != row.want {
			t.Errorf("%q and %q: %s, want %s", row.service, row.client, got, row.want)
		}
	}
}
