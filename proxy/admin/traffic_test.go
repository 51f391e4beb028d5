package admin_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// isTraffic says whether a series is of connections, whose bytes no other test knows.
func isTraffic(name string) bool {
	for _, part := range []string{"received_bytes", "sent_bytes", ":closes{", "connect_latency_ms", "cancelled_connects", "connection_"} {
		if strings.Contains(name, part) && !strings.HasPrefix(name, "meshhop_server_connections_") {
			return true
		}
	}
	return false
}

// TestTraffic: what the two sides of the hop tell of their connections is shown by Linkerd's
// names and by ours.
func TestTraffic(t *testing.T) {
	backend := servetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "hello") }))
	names := new(resolvetest.Namer)
	names.Bind("/web", backend.Addr)
	r := newRouter(t, "outgoing", names)
	handler := newServer(t, r, "127.0.0.1/4140")
	hop := servetest.Start(t, handler)
	s := serve(t, admin.Config{Routers: []*router.Router{r}, Servers: []admin.Server{{Handler: handler, Connections: hop.Stats, Traffic: hop.Traffic}}})

	ask := func(text string) *servetest.Client {
		c := hop.Dial(t)
		c.Send(t, text)
		c.Response(t)
		return c
	}
	const request = "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n"
	for range 2 {
		c := ask(request)
		_, _ = io.Copy(io.Discard, c.In)
		c.Close()
	}
	refused := ask("nonsense\r\n\r\n")
	_, _ = io.Copy(io.Discard, refused.In)
	for hop.Traffic().Closed < 3 {
		time.Sleep(time.Millisecond) // the server closes in its own time
	}
	got := series(s.scrape(t, "/metrics"))
	server, client := `{rt="outgoing",server="127.0.0.1/4140"}`, `{client="#/fake/web",rt="outgoing"}`
	in := float64(2*len(request) + len("nonsense\r\n\r\n"))
	sent := got["meshhop_server_sent_bytes_total"+server]
	for name, want := range map[string]float64{
		"rt:server:connects" + server:                                                                  3,
		"rt:server:connections" + server:                                                               0,
		"rt:server:closes" + server:                                                                    3,
		"rt:server:received_bytes" + server:                                                            in,
		"meshhop_server_received_bytes_total" + server:                                                 in,
		"rt:server:sent_bytes" + server:                                                                sent,
		"rt:server:connection_requests_count" + server:                                                 3,
		"rt:server:connection_requests_sum" + server:                                                   2,
		"rt:server:connection_received_bytes_sum" + server:                                             in,
		"rt:server:connection_sent_bytes_sum" + server:                                                 sent,
		"rt:server:connection_duration_count" + server:                                                 3,
		"rt:server:handletime_us_count" + server:                                                       2,
		"meshhop_server_responses_broken_total" + server:                                               0,
		"meshhop_server_upgrades_total" + server:                                                       0,
		`meshhop_server_heads_refused_total{reason="malformed",rt="outgoing",server="127.0.0.1/4140"}`: 1,
		`meshhop_server_heads_refused_total{reason="too_long",rt="outgoing",server="127.0.0.1/4140"}`:  0,
		`meshhop_server_phase_requests_total{phase="handle",rt="outgoing",server="127.0.0.1/4140"}`:    2,
		`rt:server:connection_requests{quantile="1",rt="outgoing",server="127.0.0.1/4140"}`:            1,
		"rt:client:connects" + client:                                                                  1,
		"rt:client:closes" + client:                                                                    0,
		"rt:client:connect_latency_ms_count" + client:                                                  1,
		"rt:client:cancelled_connects" + client:                                                        0,
	} {
		if value, ok := got[name]; !ok || value != want {
			t.Errorf("%s is %v (%v), want %v", name, value, ok, want)
		}
	}
	backendTold := backend.Traffic()
	if sent == 0 || got["rt:client:sent_bytes"+client] != float64(backendTold.Received) || got["rt:client:received_bytes"+client] != float64(backendTold.Sent) || backendTold.Sent == 0 {
		t.Errorf("sent %v; the endpoint got %d of %v and sent %d of %v", sent, backendTold.Received, got["rt:client:sent_bytes"+client], backendTold.Sent, got["rt:client:received_bytes"+client])
	}
	tree := map[string]any{}
	if err := json.Unmarshal([]byte(s.get(t, "/admin/metrics.json").body), &tree); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"rt/outgoing/server/127.0.0.1/4140/received_bytes":                in,
		"rt/outgoing/server/127.0.0.1/4140/closes":                        3.0,
		"rt/outgoing/server/127.0.0.1/4140/connection_requests.max":       1.0,
		"rt/outgoing/server/127.0.0.1/4140/connection_received_bytes.sum": in,
		"rt/outgoing/server/127.0.0.1/4140/handletime_us.count":           2.0,
		"rt/outgoing/client/#/fake/web/connect_latency_ms.count":          1.0,
	} {
		if tree[name] != want {
			t.Errorf("%s is %v, want %v", name, tree[name], want)
		}
	}
}
