package admin_test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/admin"
	listen "github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// TestLinkerdMetrics holds METRICS.md to a hop that has had requests of all kinds: what it
// says is here is in the tree, with its kind, and nothing else of what Linkerd has.
func TestLinkerdMetrics(t *testing.T) {
	backend := startReplica(t)
	names := new(resolvetest.Namer)
	names.Bind("/web", backend.Listener.Addr().String(), "127.0.0.1:1")
	r := newRouter(t, "outgoing", names)
	handler := newServer(t, r, "0.0.0.0/4140")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := listen.New(handler, listen.Config{})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	front := &httptest.Server{URL: "http://" + listener.Addr().String()}
	for range 10 {
		for _, path := range []string{"/200", "/404", "/503"} {
			send(t, front, "web", path)
		}
	}
	// Of connections most is told when they have closed.
	backend.CloseClientConnections()
	for range 10 {
		send(t, front, "web", "/200")
	}
	http.DefaultClient.CloseIdleConnections()
	for server.Traffic().Closed == 0 {
		runtime.Gosched()
	}
	config := admin.Config{Routers: []*router.Router{r}, Originators: []string{"outgoing"}, Servers: []admin.Server{{Handler: handler, Connections: server.Stats, Traffic: server.Traffic}}}
	page := serve(t, config).get(t, "/admin/metrics.json?tree=1").body
	if err := server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	<-served
	var tree map[string]any
	if err := json.Unmarshal([]byte(page), &tree); err != nil {
		t.Fatal(err)
	}
	yes, no := 0, 0
	for _, row := range metricRows(t) {
		for i, name := range row.names {
			kind, there := kindAt(tree, append(row.scope, strings.Split(name, "/")...))
			switch {
			case !row.here && there:
				t.Errorf("%v: %s is there: METRICS.md should say so", row.scope, name)
			case row.here && !there:
				t.Errorf("%v: %s is not there", row.scope, name)
			case row.here && kind != row.kinds[min(i, len(row.kinds)-1)]:
				t.Errorf("%v: %s is %q", row.scope, name, kind)
			case row.here:
				yes++
			default:
				no++
			}
		}
	}
	t.Logf("%d are here, %d are not", yes, no)
}

type metricRow struct {
	scope, names, kinds []string
	here                bool
}

// metricRows are those of the tables of METRICS.md.
func metricRows(t *testing.T) (all []metricRow) {
	t.Helper()
	text, err := os.ReadFile("METRICS.md")
	if err != nil {
		t.Fatal(err)
	}
	scopes := map[string][]string{
		"rt/(router)/server/(ip)/(port)":         {"rt", "outgoing", "server", "0.0.0.0/4140"},
		"rt/(router)/service/(name)":             {"rt", "outgoing", "service", "svc/web"},
		"rt/(router)/client/(id)":                {"rt", "outgoing", "client", "#/fake/web"},
		"rt/(router)/client/(id)/service/(name)": {"rt", "outgoing", "client", "#/fake/web", "service", "svc/web"},
		"rt/(router)":                            {"rt", "outgoing"},
		"jvm":                                    {"jvm"},
	}
	var scope []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			if scope = scopes[heading]; scope == nil {
				t.Fatalf("what is %q?", heading)
			}
			delete(scopes, heading)
			continue
		}
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if len(cells) != 3 || cells[0] == "Name" || scope == nil {
			continue
		}
		here := cells[2] == "yes" || strings.HasPrefix(cells[2], "yes; ")
		if !here && !strings.HasPrefix(cells[2], "no: ") {
			t.Errorf("%s: %q is neither yes nor no with a reason", cells[0], cells[2])
		}
		all = append(all, metricRow{scope[:len(scope):len(scope)], strings.Split(cells[0], ", "), strings.Split(cells[1], ", "), here})
	}
	if len(scopes) > 0 || len(all) < 60 {
		t.Errorf("%d rows; no table of %v", len(all), scopes)
	}
	return all
}

// kindAt is the kind of the metric at a path; there is false if it has none.
func kindAt(tree map[string]any, path []string) (kind string, there bool) {
	for _, name := range path {
		below, ok := tree[name].(map[string]any)
		if !ok {
			return "", false
		}
		tree = below
	}
	for key, kind := range map[string]string{"counter": "c", "gauge": "g", "stat.count": "h"} {
		if _, ok := tree[key]; ok {
			return kind, true
		}
	}
	return "", false
}
