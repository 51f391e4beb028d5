package dashboard

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/meshhop/meshhop/router"
)

// BenchmarkDashboard is what a dashboard costs in a second: to sample all counters, which
// it does whether somebody looks or not, and, for each page that somebody looks at, an
// event and now and then the whole page. The aim is 1 % of a core, 10 ms, for all three.
func BenchmarkDashboard(b *testing.B) {
	for _, services := range []int{10, 10_000} {
		c := newCrowd(b, services, router.CacheConfig{Paths: 20_000, Clients: 20_000})
		for range 20 {
			c.busy()
			c.history.pass(time.Now())
		}
		b.Run(fmt.Sprintf("%d services/sample", services), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				c.busy()
				b.StartTimer()
				c.history.pass(time.Now())
			}
		})
		for _, path := range []string{"/", "/router", "/services", "/service?service=/svc/s00001", "/client?client=/%23/fake/s00001", "/health", "/names", "/requests", "/delegator?path=/svc/s00001"} {
			where, err := url.Parse(path)
			if err != nil {
				b.Fatal(err)
			}
			page := c.Pages()[where.Path]
			b.Run(fmt.Sprintf("%d services/page/%s", services, where.Path[1:]), func(b *testing.B) {
				b.ReportAllocs()
				in := httptest.NewRequest("GET", path, nil)
				for b.Loop() {
					w := httptest.NewRecorder()
					page.ServeHTTP(w, in)
					if w.Code != 200 {
						b.Fatal(w.Code, w.Body)
					}
					b.ReportMetric(float64(w.Body.Len()), "bytes")
				}
			})
			build := c.builders()[where.Path]
			if p, _ := build(b.Context(), c.history.now.Load(), at{where, where.Query()}); !p.Live {
				continue
			}
			b.Run(fmt.Sprintf("%d services/event/%s", services, where.Path[1:]), func(b *testing.B) {
				b.ReportAllocs()
				sent := &event{Cells: map[string]string{}, Classes: map[string]string{}, Paths: map[string]string{}}
				n := 0
				for b.Loop() {
					p, wrong := build(b.Context(), c.history.now.Load(), at{where, where.Query()})
					if wrong != nil {
						b.Fatal(wrong)
					}
					p.event(c.history.now.Load().at, sent, n%pathsEvery == 0)
					n++
				}
			})
		}
	}
}
