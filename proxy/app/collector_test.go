package app

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestCollectorHosts: a request for a name that the flag -hosts does not list gets
// nothing from a collector on loopback, that of the demo included; a tracer may
// call it what it likes.
func TestCollectorHosts(t *testing.T) {
	for _, row := range []struct {
		name string
		p    *running
		word string
	}{
		{"collector", start(t, "collector", "-addr", "127.0.0.1:0", "-hosts", "traces.example,other"), "page:"},
		{"demo", start(t, "demo", "-outgoing", "127.0.0.1:0", "-incoming", "127.0.0.1:0", "-admin", "127.0.0.1:0", "-zipkin", "127.0.0.1:0", "-hosts", "traces.example"), "zipkin"},
	} {
		addr := strings.TrimSuffix(row.p.addr(row.word), "/")
		for _, ask := range []struct {
			method, path, host string
			status             int
		}{
			{"GET", "/", addr, 200},
			{"GET", "/", "localhost", 200},
			{"GET", "/", "traces.example", 200},
			{"GET", "/", "evil.example", 403},
			{"GET", "/api/v2/services", "evil.example", 403},
			{"POST", "/api/v2/spans", "zipkin", 202},
		} {
			r, err := http.NewRequest(ask.method, "http://"+addr+ask.path, strings.NewReader("[]"))
			if err != nil {
				t.Fatal(err)
			}
			r.Host = ask.host
			transport := &http.Transport{}
			resp, err := transport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			transport.CloseIdleConnections()
			if resp.StatusCode != ask.status {
				t.Errorf("%s: %s %s for %s: %d, want %d", row.name, ask.method, ask.path, ask.host, resp.StatusCode, ask.status)
			}
		}
	}
}

func TestCollectorFlags(t *testing.T) {
	var said output
	args := []string{"collector", "-addr", "127.0.0.1:0", "-hosts", "http://a"}
	if status := mainWith(t.Context(), strings.NewReader(""), io.Discard, &said, args...); status != 1 || !strings.Contains(said.String(), "Hosts") {
		t.Errorf("a URL is taken for a host: status %d, %s", status, &said)
	}
}
