package router_test

import (
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

func always[T any](v T) func(resolve.Path) T { return func(resolve.Path) T { return v } }

func budget(t testing.TB, ttl time.Duration, perSecond int, share float64) router.Budget {
	t.Helper()
	b, err := router.NewBudget(ttl, perSecond, share)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestBudgetBounds: vector 116.
func TestBudgetBounds(t *testing.T) {
	for _, row := range []struct {
		name      string
		ttl       time.Duration
		perSecond int
		share     float64
		ok        bool
	}{
		{"vector 116: nothing at all", 10 * time.Second, 0, 0, true},
		{"vector 116: no ttl", 0, 10, 0.2, false},
		{"vector 116: ttl 61 s", 61 * time.Second, 10, 0.2, false},
		{"vector 116: -1 a second", 10 * time.Second, -1, 0.2, false},
		{"vector 116: a share of -1", 10 * time.Second, 10, -1, false},
		{"the shortest", time.Second, 0, 0.2, true},
		{"the longest", time.Minute, math.MaxInt32, 1000, true},
		{"too large a share", time.Minute, 0, 1000.1, false},
		{"no number", time.Minute, 0, math.NaN(), false},
	} {
		if _, err := router.NewBudget(row.ttl, row.perSecond, row.share); (err == nil) != row.ok {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

// retriesOf sends requests that always fail, retryably and with one retry at
// most each, and returns how many retries there were.
func retriesOf(t *testing.T, b router.Budget, requests int) uint64 {
	t.Helper()
	f := start(t, over(func(*http.Request) (*http.Response, error) { return answer(500, ""), nil }),
		policy(router.ServicePolicy{Classifier: router.RetryableRead5XX(), Budget: b, MaxRetries: 1}))
	f.names.Bind("/web", "10.0.0.1:80")
	for range requests {
		f.mustAsk(t, request(t, "web"))
	}
	return f.ServiceStats()[0].Retries.Total
}

// TestBudgetShares: vectors 117 and 118, and shares above one and next to none.
func TestBudgetShares(t *testing.T) {
	for _, row := range []struct {
		name      string
		ttl       time.Duration
		perSecond int
		share     float64
		requests  int
		want      uint64 // give or take one
	}{
		{"vector 117", 10 * time.Second, 0, 0.25, 10000, 2500},
		{"vector 118", time.Second, 10, 0.1, 10000, 1010},
		{"none", 10 * time.Second, 0, 0, 100, 0},
		{"a reserve alone", 10 * time.Second, 3, 0, 100, 30},
		{"the default", 10 * time.Second, 10, 0.2, 1000, 300},
		{"more than one each", 10 * time.Second, 0, 1000, 100, 100},
		{"next to none", 10 * time.Second, 0, 1e-300, 100, 0},
		{"the largest", 60 * time.Second, math.MaxInt32, 1e-300, 100, 100},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // no time passes
				got := retriesOf(t, budget(t, row.ttl, row.perSecond, row.share), row.requests)
				if got > row.want+1 || got+1 < row.want {
					t.Errorf("%d retries of %d requests, want %d", got, row.requests, row.want)
				}
			})
		})
	}
}

// TestBudgetExpires: what requests gave is gone after the time to live, and so
// is what retries took.
func TestBudgetExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		status := 200
		f := start(t, over(func(*http.Request) (*http.Response, error) { return answer(status, ""), nil }),
			policy(router.ServicePolicy{Classifier: router.RetryableRead5XX(), Budget: budget(t, 10*time.Second, 1, 0.5), MaxRetries: 100}))
		f.names.Bind("/web", "10.0.0.1:80")
		expect := func(about string, want int64) {
			t.Helper()
			if got := f.ServiceStats()[0].Retries.Budget; got != want {
				t.Errorf("%s the budget is %d, want %d", about, got, want)
			}
		}
		for range 10 {
			f.mustAsk(t, request(t, "web"))
		}
		expect("after ten requests", 15)
		time.Sleep(5 * time.Second)
		for range 10 {
			f.mustAsk(t, request(t, "web"))
		}
		expect("after twenty", 20)
		time.Sleep(5 * time.Second)
		expect("when the first ten are old", 15)
		status = 500
		f.mustAsk(t, request(t, "web"))
		expect("after a failure", 0)
		if got := f.ServiceStats()[0].Retries; got.Total != 15 || got.BudgetExhausted != 1 {
			t.Errorf("%+v", got)
		}
		time.Sleep(5 * time.Second)
		expect("when only what was taken counts", 0)
		time.Sleep(5 * time.Second)
		expect("when nothing counts any more", 10)
		time.Sleep(9 * time.Minute)
		expect("after many laps", 10)
	})
}

// TestBudgetIsOfTheName: a request's own dtab makes no budget of its own, or
// strangers could have any number of them.
func TestBudgetIsOfTheName(t *testing.T) {
	f := start(t, over(func(*http.Request) (*http.Response, error) { return answer(500, ""), nil }),
		policy(router.ServicePolicy{Classifier: router.RetryableRead5XX(), Budget: budget(t, 10*time.Second, 1, 0)}))
	f.names.Bind("/web", "10.0.0.1:80")
	f.names.Bind("/other", "10.0.0.1:80")
	for _, dtab := range []string{"", "/a=>/b", "/c=>/d", "/e=>/f"} {
		r := request(t, "web")
		r.Header.Set("l5d-dtab", dtab)
		f.mustAsk(t, r)
	}
	f.mustAsk(t, request(t, "other"))
	total := map[string]uint64{}
	for _, s := range f.ServiceStats() {
		total[s.Name.String()] += s.Retries.Total
	}
	if total["/svc/web"] != 10 || total["/svc/other"] != 5 {
		t.Errorf("retries %v", total)
	}
}
