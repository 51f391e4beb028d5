package admin_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy"
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

// BenchmarkScrape is one scrape of a hop whose routers have had requests for so many
// services, each at a replica set of its own. The aim is 50 ms for 10,000 lines; a router
// has series for at most 500 services, and so 100,000 lines take two of them.
func BenchmarkScrape(b *testing.B) {
	for _, size := range []struct{ routers, services int }{{1, 10}, {1, 68}, {2, 340}} {
		config := admin.Config{}
		for i := range size.routers {
			r, server := busy(b, fmt.Sprint("outgoing", i), size.services)
			config.Routers = append(config.Routers, r)
			config.Servers = append(config.Servers, admin.Server{Handler: server})
		}
		pages, err := admin.New(config)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { pages.Retire(nil) })
		for _, page := range []struct{ name, path, accept, packed string }{
			{"text", "/metrics", "text/plain", ""},
			{"gzip", "/metrics", "text/plain", "gzip"},
			{"OpenMetrics", "/metrics", inOpenMetrics, ""},
			{"protobuf", "/metrics", inProtobuf, ""},
			{"json", "/admin/metrics.json", "*/*", ""},
		} {
			b.Run(fmt.Sprintf("%d services/%s", size.routers*size.services, page.name), func(b *testing.B) {
				in := httptest.NewRequest("GET", "http://127.0.0.1"+page.path, nil)
				in.Header.Set("Accept", page.accept)
				in.Header.Set("Accept-Encoding", page.packed)
				var w *httptest.ResponseRecorder
				b.ReportAllocs()
				for b.Loop() {
					w = httptest.NewRecorder()
					pages.ServeHTTP(w, in)
					if w.Code != 200 {
						b.Fatal(w.Code)
					}
				}
				b.ReportMetric(float64(w.Body.Len()), "bytes")
				if page.name == "text" {
					b.ReportMetric(float64(strings.Count(w.Body.String(), "\n")), "lines")
				}
			})
		}
	}
}

// busy is a router that has had requests for so many services, and its server.
func busy(b *testing.B, label string, services int) (*router.Router, *proxy.Handler) {
	names := new(resolvetest.Namer)
	inner := newRouter(b, "inner", names)
	r := routerOf(b, router.Config{
		Label: label, Interpreter: inner.Interpreter(), Dtab: inner.Dtab(),
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
	return r, handler
}
