package admin_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// TestPayloads: of all bodies that came through, the bytes; of requests without a body, 0.
func TestPayloads(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		if n > 0 {
			io.WriteString(w, strings.Repeat("a", int(2*n)))
		}
	}))
	t.Cleanup(backend.Close)
	names := new(resolvetest.Namer)
	names.Bind("/web", backend.Listener.Addr().String())
	r := newRouter(t, "outgoing", names)
	handler := newServer(t, r, "0.0.0.0/4140")
	front := httptest.NewServer(handler)
	t.Cleanup(front.Close)
	for _, body := range []io.Reader{nil, nil, strings.NewReader("five!"), io.MultiReader(strings.NewReader("elev"), strings.NewReader("en.....")), nil} {
		in, err := http.NewRequest("POST", front.URL, body)
		if err != nil {
			t.Fatal(err)
		}
		in.Host = "web"
		resp, err := http.DefaultClient.Do(in)
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	front.Close() // when all handlers have returned
	page := serve(t, admin.Config{Routers: []*router.Router{r}, Servers: []admin.Server{{Handler: handler}}}).get(t, "/metrics").body
	for _, want := range []string{
		`rt:server:request_payload_bytes_count{rt="outgoing",server="0.0.0.0/4140"} 5`,
		`rt:server:request_payload_bytes_sum{rt="outgoing",server="0.0.0.0/4140"} 16`,
		`rt:server:request_payload_bytes{rt="outgoing",server="0.0.0.0/4140",quantile="0.5"} 0`,
		`rt:server:request_payload_bytes{rt="outgoing",server="0.0.0.0/4140",quantile="1"} 11`,
		`rt:server:response_payload_bytes_count{rt="outgoing",server="0.0.0.0/4140"} 5`,
		`rt:server:response_payload_bytes_sum{rt="outgoing",server="0.0.0.0/4140"} 32`,
		`rt:client:request_payload_bytes_count{client="#/fake/web",rt="outgoing"} 5`,
		`rt:client:request_payload_bytes_sum{client="#/fake/web",rt="outgoing"} 16`,
		`rt:client:response_payload_bytes_sum{client="#/fake/web",rt="outgoing"} 32`,
		`rt:client:response_payload_bytes{client="#/fake/web",rt="outgoing",quantile="0.9"} 22`,
	} {
		if !has(page, want) {
			t.Errorf("no %s in\n%s", want, page)
		}
	}
}

// has reports whether a page has a series, whatever the order of its labels.
func has(page, series string) bool {
	name, rest, _ := strings.Cut(series, "{")
	labels, value, _ := strings.Cut(rest, "} ")
	for line := range strings.Lines(page) {
		n, r, _ := strings.Cut(line, "{")
		l, v, _ := strings.Cut(strings.TrimSpace(r), "} ")
		if n != name || v != value || strings.Count(l, "=") != strings.Count(labels, "=") {
			continue
		}
		all := true
		for _, one := range strings.Split(labels, ",") {
			all = all && strings.Contains(l, one)
		}
		if all {
			return true
		}
	}
	return false
}

// TestOriginator: the gauge is there for the routers that are named, and dry runs are
// counted where there are any.
func TestOriginator(t *testing.T) {
	a, b := newRouter(t, "a", new(resolvetest.Namer)), newRouter(t, "b", new(resolvetest.Namer))
	page := serve(t, admin.Config{
		Routers: []*router.Router{a, b}, Originators: []string{"b"},
		Servers: []admin.Server{{Handler: newServer(t, a, "s"), DryRuns: func() (answered, refused uint64) { return 3, 2 }}, {Handler: newServer(t, b, "s")}},
	}).get(t, "/metrics").body
	for _, want := range []string{`rt:originator{rt="b"} 1`, `meshhop_server_dry_runs_total{rt="a",server="s"} 3`, `meshhop_server_dry_runs_refused_total{rt="a",server="s"} 2`} {
		if !has(page, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(page, `rt:originator{rt="a"}`) || strings.Contains(page, `dry_runs_total{rt="b"`) {
		t.Error(page)
	}
}
