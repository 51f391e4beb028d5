package proxytest

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// patience is how long things that should happen at once may take.
const patience = 10 * time.Second

// A Mesh is a running configuration. Make one with [Start].
type Mesh struct {
	// Config is what was built.
	Config *config.Mesh
	// Notices are what the file was accepted with.
	Notices []config.Finding
	// Spans has the spans of all routers soon after they end. Where the YAML
	// has a telemeter that decides what is sampled these are the sampled ones,
	// else all but those whose client decided against.
	Spans *tracetest.Recorder
	// AdminURL is where the admin server is, "http://127.0.0.1:12345",
	// whatever address is configured for it.
	AdminURL string

	t    testing.TB
	urls map[string][]string // by the router's label, in the YAML's order
}

// URL is where the first server of a router is, "http://127.0.0.1:12345". It
// ends the test if there is none.
func (m *Mesh) URL(label string) string {
	m.t.Helper()
	urls := m.URLs(label)
	if len(urls) == 0 {
		m.t.Fatalf("proxytest: no server of a router %q", label)
	}
	return urls[0]
}

// URLs are where the servers of a router are, in the YAML's order.
func (m *Mesh) URLs(label string) []string { return m.urls[label] }

// Client returns a client that sends all requests through the first server of
// a router, as a program with http_proxy set does. It follows no redirects.
func (m *Mesh) Client(label string) *http.Client {
	m.t.Helper()
	proxy, err := url.Parse(m.URL(label))
	if err != nil {
		m.t.Fatalf("proxytest: %v", err)
	}
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), DisableCompression: true}
	m.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Wait returns the spans so far once there are n: a server's span ends only
// after its response has gone out. It ends the test when they do not come.
func (m *Mesh) Wait(n int) []*trace.Record {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	records, err := m.Spans.Wait(ctx, n)
	if err != nil {
		m.t.Fatalf("proxytest: %v", err)
	}
	return records
}
