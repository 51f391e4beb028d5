package proxy_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/router"
)

// TestTargetOfARefusal: a refusal shows the target in origin form, with its slash.
func TestTargetOfARefusal(t *testing.T) {
	h := startHop(t, "", withRouter(func(c *router.Config) { c.Identifier = router.HeaderToken("x-name") }))
	for target, want := range map[string]string{
		"http://web?x": `Request("GET /?x"`, "http://web": `Request("GET /"`, "http://web/a?x": `Request("GET /a?x"`,
	} {
		w := httptest.NewRecorder()
		h.server.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		if body := w.Body.String(); w.Code != 400 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s, want %s", target, w.Code, body, want)
		}
	}
}
