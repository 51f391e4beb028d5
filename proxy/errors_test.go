package proxy_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// closedAddr returns an address where nobody listens.
func closedAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestOwnErrors(t *testing.T) {
	gone := closedAddr(t)
	for _, test := range []struct {
		name, vector string
		backend      string
		options      []option
		change       func(*http.Request)
		status       int
		message      string // exact; with "...": up to there
	}{
		{
			name: "not a dtab", vector: "25", change: header("l5d-dtab", "i am not a dtab"),
			status: 400, message: "'/' expected but 'i' found at '[i] am not a dtab'",
		},
		{
			name: "context is checked before the override", vector: "25",
			change: func(r *http.Request) { r.Header.Set("l5d-dtab", "x"); r.Header.Set("l5d-ctx-dtab", "y") },
			status: 400, message: "'/' expected but 'y' found at '[y]'",
		},
		{
			name: "no name", vector: "59", options: []option{withRouter(func(c *router.Config) { c.Identifier = router.HeaderToken("x-name") })},
			status: 400, message: `Unknown destination: Request("GET /", from /127.0.0.1:...`,
		},
		{
			name: "no such name", vector: "102", change: func(r *http.Request) { r.Host = "ralph-machio" },
			status:  502,
			message: "Unable to route request!\n\nservice name: /svc/ralph-machio\ndtab:\n\nbase dtab:\n  /svc => /#/fake\noverride dtab:\n\ndelegation:\n...",
		},
		{
			name: "an override that leads nowhere", change: func(r *http.Request) {
				r.Host = "nobody"
				r.Header.Set("l5d-dtab", "/svc=>!;/svc => 0.5 * /x & 0.5 * !")
			},
			status:  502,
			message: "Unable to route request!\n\nservice name: /svc/nobody\ndtab:\n\nbase dtab:\n  /svc => /#/fake\noverride dtab:\n  /svc => !\n  /svc => 0.5*/x & 0.5*!\ndelegation:\n...",
		},
		{
			name: "nobody home", options: []option{withDtab("/svc => $")},
			status: 502, message: "Unable to route request!\n\nservice name: /svc/web\n...",
		},
		{
			name: "connection refused", vector: "103", backend: gone,
			status:  502,
			message: "Unable to establish connection to " + gone + ".\n\nservice name: /svc/web\nclient name: /#/fake/web\naddresses: [" + gone + "]\nselected address: " + gone + "\n",
		},
		{
			name: "unknown system name", options: []option{withDtab("/svc => /$/java.lang.String")},
			status: 502, message: "...",
		},
		{
			name: "a dtab that loops", vector: "76", options: []option{withDtab("/svc=>/foo;/foo=>/svc")},
			status: 502, message: "Max recursion level: 100 reached in Namer lookup",
		},
		{
			name: "CONNECT", change: func(r *http.Request) { r.Method = "CONNECT" },
			status: 501, message: "CONNECT is not supported by this proxy",
		},
	} {
		for _, clear := range []bool{false, true} {
			if clear && test.vector == "25" {
				continue // under clearContext the header is dropped unread
			}
			t.Run(titled(test.vector, test.name), func(t *testing.T) {
				options := append(test.options, withProxy(func(c *proxy.Config) { c.ClearContext = clear }))
				h := startHop(t, test.backend, options...)
				change := test.change
				if change == nil {
					change = func(*http.Request) {}
				}
				resp, body := h.get(t, change)
				if resp.StatusCode != test.status {
					t.Errorf("status %d, want %d", resp.StatusCode, test.status)
				}
				if got := resp.Header["Content-Type"]; len(got) != 1 || got[0] != "text/plain" {
					t.Errorf("Content-Type %q", got)
				}
				if clear { // vector 31
					for name := range resp.Header {
						if strings.HasPrefix(name, "L5d-") {
							t.Errorf("response has %s", name)
						}
					}
					if body != "" {
						t.Errorf("body %q", body)
					}
					return
				}
				want, prefix := strings.CutSuffix(test.message, "...")
				if prefix && !strings.HasPrefix(body, want) || !prefix && body != want {
					t.Errorf("body is\n%s\nwant\n%s", body, test.message)
				}
				if got, err := ctxhdr.DecodeErr(resp.Header.Get(ctxhdr.ErrName)); err != nil || got != body {
					t.Errorf("l5d-err says %q (%v), body %q", got, err, body)
				}
				for _, name := range []string{"Via", wire.SuccessClassName, ctxhdr.RetryableName} {
					if resp.Header.Get(name) != "" {
						t.Errorf("response has %s", name)
					}
				}
			})
		}
	}
}

// TestEmptyHost sends requests of vector 59 and similar ones that net/http's client
// cannot send.
func TestEmptyHost(t *testing.T) {
	for _, test := range []struct{ vector, name, request string }{
		{"59", "an empty Host", "GET / HTTP/1.1\r\nHost: \r\n"},
		{"", "none in HTTP/1.0", "GET / HTTP/1.0\r\n"},
	} {
		t.Run(titled(test.vector, test.name), func(t *testing.T) {
			h := startHop(t, "")
			head, body := h.exchange(t, test.request+"Connection: close\r\n\r\n")
			if !strings.HasPrefix(head, "HTTP/1.1 400 ") && !strings.HasPrefix(head, "HTTP/1.0 400 ") {
				t.Errorf("got %q", head)
			}
			const reason = " / Host header is absent"
			if !strings.HasSuffix(body, reason) {
				t.Errorf("the body is %q", body)
			}
			if said := lines(head, ctxhdr.ErrName); len(said) != 1 || !strings.HasSuffix(said[0], wire.EncodeErr(reason, 0)) {
				t.Errorf("l5d-err is %q", said)
			}
		})
	}
}

func TestHeadHasNoErrorBody(t *testing.T) {
	h := startHop(t, "")
	resp, body := h.get(t, func(r *http.Request) { r.Method = "HEAD" })
	if resp.StatusCode != 502 || body != "" || resp.Header.Get(ctxhdr.ErrName) == "" {
		t.Errorf("got %d %q %v", resp.StatusCode, body, resp.Header)
	}
}

func TestBindingTimeout(t *testing.T) {
	h := startHop(t, "", withRouter(func(c *router.Config) { c.BindingTimeout = 20 * time.Millisecond }))
	h.names.Stall("/web")
	resp, body := h.get(t)
	const want = "Exceeded 20.milliseconds binding timeout while resolving name: /svc/web"
	if resp.StatusCode != 502 || body != want {
		t.Errorf("got %d %q, want 502 %q", resp.StatusCode, body, want)
	}
}

func TestErrorOfANamer(t *testing.T) {
	h := startHop(t, "")
	h.names.Fail("/web", &net.DNSError{Err: "the namer's reason", Name: "x"})
	resp, body := h.get(t)
	if resp.StatusCode != 502 || !strings.Contains(body, "the namer's reason") {
		t.Errorf("got %d %q", resp.StatusCode, body)
	}
}

func TestErrorBeforeTheSpanHasNone(t *testing.T) {
	h := startHop(t, "")
	h.get(t, header("l5d-dtab", "no"))
	if got := h.spans.Records(); len(got) != 0 {
		t.Errorf("%d spans", len(got))
	}
	if got := h.server.Stats(); got.Refused != 1 || got.Requests != 0 {
		t.Errorf("stats %+v", got)
	}
}

func TestSizes(t *testing.T) {
	for _, test := range []struct {
		name, request string
		status        string
	}{
		{"line", "GET /" + strings.Repeat("a", 5000) + " HTTP/1.1\r\nHost: web\r\n\r\n", "414 Request URI Too Long"},
		{"headers", "GET / HTTP/1.1\r\nHost: web\r\nA: " + strings.Repeat("a", 9000) + "\r\n\r\n", "431 Request Header Fields Too Large"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := startHop(t, "")
			head, body := h.exchange(t, test.request)
			if !strings.HasPrefix(head, "HTTP/1.1 "+test.status+"\r\n") || body != "" {
				t.Errorf("got %q %q", head, body)
			}
			if lines(head, "l5d-err") != nil || len(lines(head, "Connection")) != 1 {
				t.Errorf("got %q", head)
			}
		})
	}
}

func TestConcurrencyLimit(t *testing.T) {
	arrived, leave := make(chan struct{}), make(chan struct{})
	h := startHop(t, startBackend(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-leave
	})), withProxy(func(c *proxy.Config) { c.MaxConcurrentRequests = 1 }))
	first := make(chan int)
	go func() {
		resp, _ := h.get(t)
		first <- resp.StatusCode
	}()
	<-arrived
	resp, body := h.get(t)
	if resp.StatusCode != 503 || body != "Request was not processed by the server due to an error and is safe to retry" {
		t.Errorf("got %d %q", resp.StatusCode, body)
	}
	if resp.Header.Get("finagle-http-nack") != "true" || resp.Header.Get("Retry-After") != "0" || resp.Header.Get(ctxhdr.ErrName) != "" {
		t.Errorf("headers %v", resp.Header)
	}
	resp, body = h.get(t, func(r *http.Request) { r.Method = "HEAD" })
	if resp.StatusCode != 503 || body != "" {
		t.Errorf("HEAD got %d %q", resp.StatusCode, body)
	}
	close(leave)
	if got := <-first; got != 200 {
		t.Errorf("the first got %d", got)
	}
}

// TestRefusedDoNotCountAsConcurrent: while a request beyond MaxConcurrentRequests is
// being refused, another may take the place of one that has ended.
func TestRefusedDoNotCountAsConcurrent(t *testing.T) {
	arrived, leave := make(chan struct{}), make(chan struct{})
	h := startHop(t, startBackend(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-leave
	})), withProxy(func(c *proxy.Config) { c.MaxConcurrentRequests = 1 }))
	serve := func(w http.ResponseWriter) chan struct{} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = "web"
		done := make(chan struct{})
		go func() { defer close(done); h.server.ServeHTTP(w, r) }()
		return done
	}
	first := serve(httptest.NewRecorder())
	<-arrived
	slow := &slowWriter{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
	second := serve(slow)
	<-slow.began
	leave <- struct{}{}
	<-first
	w := httptest.NewRecorder()
	third := serve(w)
	select {
	case <-arrived:
		leave <- struct{}{}
	case <-third:
	}
	<-third
	if w.Code != 200 {
		t.Errorf("got %d with nothing in flight", w.Code)
	}
	close(slow.goOn)
	<-second
	if slow.Code != 503 {
		t.Errorf("the second got %d", slow.Code)
	}
}

// slowWriter is a client that reads its response when goOn is closed.
type slowWriter struct {
	*httptest.ResponseRecorder
	began, goOn chan struct{}
}

func (w *slowWriter) WriteHeader(code int) {
	close(w.began)
	<-w.goOn
	w.ResponseRecorder.WriteHeader(code)
}

// TestImpossibleStatus: a status that cannot be final is an error, not a panic.
func TestImpossibleStatus(t *testing.T) {
	for _, status := range []string{"000", "099"} {
		h := startHop(t, rawBackend(t, func(string) string { return "HTTP/1.1 " + status + " No\r\nContent-Length: 0\r\n\r\n" }))
		head, _ := h.exchange(t, "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
		if !strings.HasPrefix(head, "HTTP/1.1 502 ") || lines(head, ctxhdr.ErrName) == nil {
			t.Errorf("status %s: got %q", status, head)
		}
	}
}

func TestNewRefusesABadConfig(t *testing.T) {
	if _, err := proxy.New(proxy.Config{}); err == nil {
		t.Error("no error without a router")
	}
	interpreter, err := resolve.New(resolve.Config{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := router.New(router.Config{Interpreter: interpreter})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := proxy.New(proxy.Config{Router: r, MaxCallDepth: -1}); err == nil {
		t.Error("no error for a negative bound")
	}
}
