package admin_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// moody is a transport whose requests end as their paths say.
type moody struct{}

func (moody) RoundTrip(r *http.Request) (*http.Response, error) {
	resp := &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody}
	switch r.URL.Path {
	case "/500":
		resp.StatusCode = 500
	case "/connect":
		return nil, &net.OpError{Op: "dial", Err: io.EOF}
	case "/request":
		return nil, io.ErrUnexpectedEOF
	case "/nack":
		resp.StatusCode = 503
		resp.Header.Set("finagle-http-nack", "true")
	case "/response":
		resp.Body, resp.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader("a"), broken{})), 2
	case "/leave":
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return resp, nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestFailuresByCause: each failure has one cause, so that causes add up to failures, and
// none of them is another series of the failures.
func TestFailuresByCause(t *testing.T) {
	names := new(resolvetest.Namer)
	names.Bind("/web", "10.0.0.1:80")
	inner := newRouter(t, "inner", names)
	r := routerOf(t, router.Config{
		Label: "out", Interpreter: inner.Interpreter(), Dtab: inner.Dtab(),
		NewTransport: func(resolve.Address, router.TransportConfig) http.RoundTripper { return moody{} },
	})
	handler, err := proxy.New(proxy.Config{Router: r, ServiceName: "s", MaxConcurrentRequests: 1})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(ctx context.Context, method, url string) {
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler {
				panic(p)
			}
		}()
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, method, url, nil))
	}
	for _, path := range []string{"/200", "/500", "/500", "/request", "/response"} {
		ask(t.Context(), "GET", "http://web"+path)
	}
	ask(t.Context(), "POST", "http://web/connect")
	ask(t.Context(), "GET", "http://nobody/")
	ask(t.Context(), "CONNECT", "http://web/200")
	leaving, leave := context.WithCancel(t.Context())
	left := make(chan struct{})
	go func() {
		defer close(left)
		ask(leaving, "GET", "http://web/leave")
	}()
	s := serve(t, admin.Config{Routers: []*router.Router{r}, Servers: []admin.Server{{Handler: handler}}})
	until(t, "the request that waits", func() bool { return r.ClientStats()[0].Pending == 1 })
	ask(t.Context(), "GET", "http://web/200") // one too many
	leave()
	<-left

	page := s.get(t, "/metrics").body
	metrics := series(s.scrape(t, "/metrics"))
	causes := map[string]map[string]float64{}
	failures := map[string]float64{}
	for name, n := range metrics {
		metric, labels, _ := strings.Cut(name, "{")
		if what, ok := strings.CutSuffix(metric, "_failures_by_cause_total"); ok {
			what = strings.TrimPrefix(what, "meshhop_")
			cause := strings.Split(labels, `"`)[1]
			if causes[what] == nil {
				causes[what] = map[string]float64{}
			}
			causes[what][cause] += n
			failures[what] -= n
		}
		for _, what := range []string{"server", "service", "client"} {
			if metric == "rt:"+what+":failures" {
				failures[what] += n
			}
		}
	}
	want := map[string]map[string]float64{
		"server":  {"status": 2, "request": 1, "response": 1, "connect": 1, "no_replicas": 1, "method": 1, "concurrency": 1},
		"service": {"status": 2, "request": 1, "connect": 1, "no_replicas": 1, "canceled": 1},
		"client":  {"status": 2, "request": 1, "connect": 1 + requeued(metrics), "canceled": 1},
	}
	if diff := cmp.Diff(want, causes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, row := range []struct {
		vector string
		ok     bool
	}{
		{"326", cmp.Equal(failures, map[string]float64{"server": 0, "service": 0, "client": 0})},
		{"327", !strings.Contains(page, "rt:client:service:failures:") && strings.Contains(page, "\nrt:client:service:failures{")},
		{"328", strings.Count(page, "\nrt:server:failures{") == 1},
	} {
		if !row.ok {
			t.Errorf("vector %s: failures without their causes %v; %s", row.vector, failures, lines(page, "failures"))
		}
	}
	if got := s.get(t, "/admin/metrics.json?q=rt/out/server/s/failures").body; got != "{\"\":8}\n" {
		t.Errorf("metrics.json has %s", got)
	}
}

// requeued is how many attempts followed one without a connection.
func requeued(metrics map[string]float64) float64 {
	return metrics[`rt:client:retries:requeues{client="#/fake/web",rt="out"}`]
}
