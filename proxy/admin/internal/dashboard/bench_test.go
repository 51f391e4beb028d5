package dashboard

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// canned is a transport with the cheapest response there is.
type canned struct{}

func (canned) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody}, nil
}

// crowd is a dashboard of a hop that knows so many services, each with a replica set of
// its own, and a hundred that are busy.
type crowd struct {
	*Dashboard
	send func(service int)
}

func newCrowd(tb testing.TB, services int) *crowd {
	names := new(resolvetest.Namer)
	interpreter, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: names}}})
	if err != nil {
		tb.Fatal(err)
	}
	r, err := router.New(router.Config{
		Label: "outgoing", Dtab: resolve.MustDtab("/svc => /#/fake"), Interpreter: interpreter,
		Cache:        router.CacheConfig{Paths: 20_000, Clients: 20_000},
		NewTransport: func(resolve.Address, router.TransportConfig) http.RoundTripper { return canned{} },
	})
	if err != nil {
		tb.Fatal(err)
	}
	hop, err := proxy.New(proxy.Config{Router: r, ServiceName: "127.0.0.1/4140"})
	if err != nil {
		tb.Fatal(err)
	}
	d, err := New(Config{Routers: []*router.Router{r}, Servers: []Server{{Name: "127.0.0.1/4140", Handler: hop}},
		Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: names}}, Started: time.Now()})
	if err != nil {
		tb.Fatal(err)
	}
	d.Start()
	tb.Cleanup(func() {
		d.Close()
		if err := r.Close(); err != nil {
			tb.Error(err)
		}
	})
	c := &crowd{d, func(i int) {
		in := httptest.NewRequest("GET", "/", nil)
		in.Host = fmt.Sprintf("s%05d", i)
		hop.ServeHTTP(httptest.NewRecorder(), in)
	}}
	for i := range services {
		names.Bind(fmt.Sprintf("/s%05d", i), "10.0.0.1:80")
		c.send(i)
	}
	return c
}

// busy has a second pass in which the busy services get requests.
func (c *crowd) busy() {
	for i := range 100 {
		c.send(i)
	}
}

// BenchmarkDashboard is what a dashboard costs in a second: to sample all counters, which
// it does whether somebody looks or not, and, for each page that somebody looks at, an
// event and now and then the whole page. The aim is 1 % of a core, 10 ms, for all three.
func BenchmarkDashboard(b *testing.B) {
	for _, services := range []int{10, 10_000} {
		c := newCrowd(b, services)
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
