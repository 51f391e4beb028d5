package proxy_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// keepsVia gives each of its responses the same lines of Via.
type keepsVia struct{ lines []string }

func (k keepsVia) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Via": k.lines}, Body: http.NoBody}, nil
}

// TestViaOfATransport: what a transport keeps of its responses' Via is not written to.
func TestViaOfATransport(t *testing.T) {
	kept := keepsVia{[]string{"1.1 cache"}}
	h := startHop(t, "192.0.2.1:80", withRouter(func(c *router.Config) {
		c.NewTransport = func(resolve.Address, router.TransportConfig) http.RoundTripper { return kept }
	}))
	for range 2 {
		w := httptest.NewRecorder()
		h.server.ServeHTTP(w, httptest.NewRequest("GET", "http://web/", nil))
		if got := w.Header().Get("Via"); got != "1.1 cache, 1.1 linkerd" {
			t.Errorf("Via is %q", got)
		}
	}
	if kept.lines[0] != "1.1 cache" {
		t.Errorf("the transport has %q now", kept.lines[0])
	}
}
