package admin_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// canned is a transport with the cheapest response there is.
type canned struct{}

func (canned) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody}, nil
}

// BenchmarkScrape is one scrape of a hop that has had requests for so many services, each
// at a replica set of its own. The aim is 50 ms for 10,000 lines.
func BenchmarkScrape(b *testing.B) {
	for _, services := range []int{10, 70, 500} {
		names := new(resolvetest.Namer)
		inner := newRouter(b, "inner", names)
		r := routerOf(b, router.Config{
			Label: "outgoing", Interpreter: inner.Interpreter(), Dtab: inner.Dtab(),
			NewTransport: func(resolve.Address, router.TransportConfig) http.RoundTripper { return canned{} },
		})
		handler := newServer(b, r, "s")
		for i := range services {
			name := fmt.Sprint("n", i)
			names.Bind("/"+name, "10.0.0.1:80")
			for range 20 {
				in := httptest.NewRequest("GET", "http://"+name+"/", nil)
				handler.ServeHTTP(httptest.NewRecorder(), in)
			}
		}
		pages, err := admin.New(admin.Config{Routers: []*router.Router{r}, Servers: []admin.Server{{Handler: handler}}})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { pages.Retire(nil) })
		for _, page := range []struct{ name, path, accept string }{
			{"text", "/metrics", "text/plain"},
			{"protobuf", "/metrics", "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"},
			{"json", "/admin/metrics.json", "*/*"},
		} {
			b.Run(fmt.Sprintf("%d services/%s", services, page.name), func(b *testing.B) {
				in := httptest.NewRequest("GET", "http://127.0.0.1"+page.path, nil)
				in.Header.Set("Accept", page.accept)
				b.ReportAllocs()
				for b.Loop() {
					w := httptest.NewRecorder()
					pages.ServeHTTP(w, in)
					if w.Code != 200 {
						b.Fatal(w.Code)
					}
					b.ReportMetric(float64(strings.Count(w.Body.String(), "\n")), "lines")
				}
			})
		}
	}
}
