package config_test

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// replica is one of the five of a service of the example failure-accrual. They answer at
// once; one of them answers 40 % of its requests with 500 instead, after 100 ms.
type replica struct{ fails bool }

func (p replica) RoundTrip(*http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	if p.fails && rand.Float64() > 0.6 {
		time.Sleep(100 * time.Millisecond)
		answer.WriteHeader(http.StatusInternalServerError)
	}
	return answer.Result(), nil
}

// hopTo is the way from one router to another of the same file.
type hopTo struct{ next http.Handler }

func (h hopTo) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := httptest.NewRecorder()
	h.next.ServeHTTP(answer, r)
	return answer.Result(), nil
}

// TestCircuitBreakingArticle: the success rates of "Making microservices more resilient
// with advanced circuit breaking", with its example's file and load: about 95 % without
// failure accrual, 97 % with io.l5d.consecutiveFailures, 99 % with io.l5d.successRate.
func TestCircuitBreakingArticle(t *testing.T) {
	const file = "../../../shared/fixtures/linkerd-examples/failure-accrual/linkerd.yml"
	text, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		t.Skip(err)
	}
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	synctest.Test(t, func(t *testing.T) {
		names := new(resolvetest.Namer)
		names.Bind("/service1", "10.0.1.1:8501", "10.0.1.2:8501", "10.0.1.3:8501", "10.0.1.4:8501", "10.0.1.5:8501")
		names.Bind("/service2", "10.0.2.1:8501", "10.0.2.2:8501", "10.0.2.3:8501", "10.0.2.4:8501", "10.0.2.5:8501")
		names.Bind("/service3", "10.0.3.1:8501", "10.0.3.2:8501", "10.0.3.3:8501", "10.0.3.4:8501", "10.0.3.5:8501")
		kinds := config.Builtin()
		files := kinds.Namers["io.l5d.fs"]
		kinds.Namers["io.l5d.fs"] = func(d *config.Decoder) (config.Namer, error) {
			n, err := files(d)
			n.New = config.Ready[resolve.Namer](names)
			return n, err
		}
		var mesh *config.Mesh
		mesh = build(t, string(text), kinds, config.BuildOptions{
			NewTransport: func(a resolve.Address, _ router.TransportConfig) http.RoundTripper {
				if ap := a.AddrPort; ap.Addr().IsLoopback() {
					return hopTo{mesh.Servers[ap.Port()-4140].Handler}
				}
				return replica{fails: a.AddrPort.Addr().As4()[3] == 3}
			},
		})
		var wait sync.WaitGroup
		for range 15 {
			wait.Go(func() {
				for range 3 * 60 * 20 { // three minutes of 20 a second, as slow_cooker sends
					r := httptest.NewRequest("GET", "http://service/", nil)
					mesh.Servers[0].Handler.ServeHTTP(httptest.NewRecorder(), r)
					time.Sleep(50 * time.Millisecond)
				}
			})
		}
		wait.Wait()
		for i, want := range []struct{ least, most float64 }{
			{93.5, 96.5},
			// A replica that dies only after five failures in a row does so a few times in
			// these minutes: the rate varies by half a point from one run to the next.
			{96, 99.3},
			{98.5, 100},
		} {
			var all, good uint64
			for _, s := range mesh.Routers[1+i].ServiceStats() {
				all, good = all+s.Success+s.Failures, good+s.Success
			}
			if rate := 100 * float64(good) / float64(all); rate < want.least || rate > want.most {
				t.Errorf("%s: %.2f %% of %d, want %v to %v", mesh.Servers[1+i].Router, rate, all, want.least, want.most)
			}
		}
	})
}
