package config_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/config"
)

// TestTrustTraceContext: what clearContext takes away of a stranger's trace, and
// what trustTraceContext leaves.
func TestTrustTraceContext(t *testing.T) {
	var got http.Header
	backend := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Clone() }))
	defer backend.Close()
	for keys, want := range map[string]struct{ continued, passed bool }{
		"":                        {true, true},
		"trustTraceContext: true": {true, true},
		"clearContext: true":      {false, false},
		"clearContext: true, trustTraceContext: true": {true, true},
	} {
		t.Run(keys, func(t *testing.T) {
			file, err := config.Load("f", fmt.Appendf(nil, `
admin: {port: 0}
routers:
- protocol: http
  dtab: /svc => /$/inet/127.0.0.1/%s
  tracePropagator: {kind: io.l5d.zipkin}
  servers: [{port: 0, %s}]
`, backend.URL[strings.LastIndexByte(backend.URL, ':')+1:], keys), config.Builtin())
			if err != nil {
				t.Fatal(err)
			}
			mesh, err := file.Build(config.BuildOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer mesh.Close(within(t, 5*time.Second))
			r := httptest.NewRequest("GET", "http://web/", nil)
			r.Header.Set("X-B3-Traceid", "463ac35c9f6413ad")
			r.Header.Set("X-B3-Spanid", "00f067aa0ba902b7")
			r.Header.Set("Baggage", "a=b")
			w := httptest.NewRecorder()
			mesh.Servers[0].Handler.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
			if continued := got.Get("X-B3-Traceid") == "463ac35c9f6413ad"; continued != want.continued {
				t.Errorf("trace continued: %v", continued)
			}
			if passed := got.Get("Baggage") == "a=b"; passed != want.passed {
				t.Errorf("baggage passed: %v", passed)
			}
		})
	}
}
