package proxy_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

var errExplained = errors.New("out of order")

var ages = regexp.MustCompile(`\S+ ago`)

// TestExplainIsTheResponse: an explanation is held to the response that the
// same bytes get.
func TestExplainIsTheResponse(t *testing.T) {
	backend := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Header.Get("l5d-dst-service")+" "+r.RequestURI)
	}))
	clear := withProxy(func(c *proxy.Config) { c.ClearContext = true })
	shallow := withProxy(func(c *proxy.Config) { c.MaxCallDepth = 2 })
	small := withProxy(func(c *proxy.Config) { c.MaxErrorBytes = 20 })
	named := withRouter(func(c *router.Config) {
		c.Identifier = router.FirstOf(router.HeaderPath("l5d-name"), router.PathSegments(1, true))
	})
	for _, test := range []struct {
		about   string
		options []option
		request string // without Connection: close and the end
		status  int
	}{
		{"a name", nil, "GET /x HTTP/1.1\nHost: web", 200},
		{"a target for a proxy", nil, "GET http://web/x?y HTTP/1.1\nHost: other", 200},
		{"a consumed target", []option{named}, "GET /web//x?y HTTP/1.1\nHost: other", 200},
		{"no such name", nil, "GET / HTTP/1.1\nHost: nobody", 502},
		{"an override", nil, "GET / HTTP/1.1\nHost: nobody\nl5d-dtab: /svc => /#/fake/web", 200},
		{"an override that leads nowhere", nil, "GET / HTTP/1.1\nHost: web\nl5d-ctx-dtab: /svc => !", 502},
		{"no dtab", nil, "GET / HTTP/1.1\nHost: web\nl5d-dtab: i am not a dtab", 400},
		{"no name", []option{named}, "GET / HTTP/1.1\nHost: web", 400},
		{"a bad name", []option{named}, "GET / HTTP/1.1\nHost: web\nl5d-name: x", 400},
		{"a long line", nil, "GET /" + strings.Repeat("x", 5000) + " HTTP/1.1\nHost: web", 414},
		{"long headers", nil, "GET / HTTP/1.1\nHost: web\nx: " + strings.Repeat("x", 9000), 431},
		{"too deep", []option{shallow}, "GET / HTTP/1.1\nHost: web\nVia: a, b, c", 400},
		{"CONNECT", nil, "CONNECT web:80 HTTP/1.1\nHost: web:80", 501},
		{"a namer that fails", nil, "GET / HTTP/1.1\nHost: broken", 502},
		{"addresses that cannot be had", nil, "GET / HTTP/1.1\nHost: badset", 502},
		{"nobody there", nil, "GET / HTTP/1.1\nHost: empty", 502},
		{"a short message", []option{small}, "GET / HTTP/1.1\nHost: nobody", 502},
		{"clearContext: no override", []option{clear}, "GET / HTTP/1.1\nHost: web\nl5d-dtab: i am not a dtab", 200},
		{"clearContext: no header for a name", []option{clear, named}, "GET / HTTP/1.1\nHost: web\nl5d-name: /web", 400},
		{"clearContext: no message", []option{clear}, "GET / HTTP/1.1\nHost: nobody", 502},
	} {
		t.Run(test.about, func(t *testing.T) {
			h := startHop(t, backend, test.options...)
			h.names.Fail("/broken", errExplained)
			h.names.SetReplicas("/badset", resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: errExplained})
			h.names.Bind("/empty")
			text := strings.ReplaceAll(test.request, "\n", "\r\n") + "\r\nConnection: close\r\n\r\n"
			in, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
			if err != nil {
				t.Fatal(err)
			}
			conn, err := net.Dial("tcp", h.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(10 * time.Second))
			in.RemoteAddr = conn.LocalAddr().String()
			e := inside(h).Explain(in.WithContext(t.Context()))

			io.WriteString(conn, text)
			resp, err := http.ReadResponse(bufio.NewReader(conn), in)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != test.status {
				t.Fatalf("the response is %s %q (%v)", resp.Status, body, err)
			}
			if e.Err == nil {
				if got := e.Dst.String() + " " + e.Target; test.status != 200 || got != string(body) {
					t.Errorf("explained as %s, the response is %s %q", got, resp.Status, body)
				}
				return
			}
			status, message := inside(h).Refusal(in, e.Err)
			if inside(h).ClearsContext() {
				message = ""
			}
			if diff := cmp.Diff(ages.ReplaceAllString(string(body), "AGE ago"), ages.ReplaceAllString(message, "AGE ago")); diff != "" || status != resp.StatusCode {
				t.Errorf("explained with status %d, the response has %d (-response +explained):\n%s", status, resp.StatusCode, diff)
			}
		})
	}
}
