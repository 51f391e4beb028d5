package proxy_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/inet"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/resolve/transform"
	"github.com/meshhop/meshhop/router"
)

// overInet has names below /$/inet, and the transformers.
func overInet(t testing.TB, label, dtab string, transformers ...resolve.Transformer) option {
	t.Helper()
	hosts, err := inet.New(inet.Config{})
	if err != nil {
		t.Fatal(err)
	}
	names := new(resolvetest.Namer)
	names.Bind("/hello", "127.0.0.1:1")
	interpreter, err := resolve.New(resolve.Config{
		Utilities:    map[string]resolve.Namer{"inet": hosts},
		Namers:       []resolve.Mount{{Prefix: resolve.MustPath("/#/fs"), Namer: names}},
		Transformers: transformers,
	})
	if err != nil {
		t.Fatal(err)
	}
	return withRouter(func(c *router.Config) {
		c.Label, c.Dtab, c.Interpreter = label, resolve.MustDtab(dtab), interpreter
	})
}

func tracing(r *http.Request) { r.Method = http.MethodTrace }

func adding(r *http.Request) { r.Header.Set("l5d-add-context", "true") }

func dog(r *http.Request) { r.Host = "dog" }

func portOf(addr string) string { return addr[strings.LastIndexByte(addr, ':')+1:] }

// untimed is a text without its durations.
func untimed(text string) string {
	return regexp.MustCompile(`request duration: \d+ ms`).ReplaceAllString(text, "request duration: N ms")
}

// TestDiagnosticTrace: the endpoint's response, and behind it where the request went.
func TestDiagnosticTrace(t *testing.T) {
	var backend seen
	method, left := "", ""
	port := portOf(startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		backend.ServeHTTP(httptestDiscard{w}, r)
		method, left = r.Method, r.Header.Get("Max-Forwards")
		fmt.Fprint(w, " response from downstream\r\n")
	})))
	h := startHop(t, "", overInet(t, "http", "/srv => /$/inet/127.1/"+port+"; /svc => /srv"))
	// vectors 135 and 136
	resp, body := h.get(t, dog, tracing, adding, header("Max-Forwards", "5"))
	want := strings.ReplaceAll(`response from downstream

--- Router: http ---
request duration: N ms
service name: /svc/dog
client name: /$/inet/127.1/PORT
addresses: [127.0.0.1:PORT]
selected address: 127.0.0.1:PORT
dtab resolution:
  /svc/dog
  /srv/dog (/svc=>/srv)
  /$/inet/127.1/PORT/dog (/srv=>/$/inet/127.1/PORT)
`, "PORT", port)
	if diff := cmp.Diff(want, untimed(body)); diff != "" || resp.ContentLength != int64(len(body)) {
		t.Errorf("%s of %d bytes", diff, resp.ContentLength)
	}
	if method != "TRACE" || left != "4" || backend.Get("l5d-add-context") != "true" {
		t.Errorf("the backend got %s, Max-Forwards %s, %v", method, left, backend.Header)
	}
	// Linkerd looks the name up in the router's own dtab only, so it does not find this one.
	_, body = h.get(t, dog, tracing, adding, header("l5d-dtab", "/svc => /$/inet/127.0.0.1/"+port))
	if !strings.HasSuffix(body, "dtab resolution:\n\n") {
		t.Errorf("%q", body)
	}
	if _, body = h.get(t, dog, adding); body != " response from downstream\r\n" {
		t.Errorf("GET: %q", body)
	}
	if resp, body = h.get(t, tracing, adding, header("l5d-dtab", "/svc => !")); resp.StatusCode != 502 || strings.Contains(body, "--- Router") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

// httptestDiscard keeps what is written from the client.
type httptestDiscard struct{ http.ResponseWriter }

func (httptestDiscard) Write(p []byte) (int, error) { return len(p), nil }

// TestDiagnosticTraceOfAStream: vector 137, on the wire.
func TestDiagnosticTraceOfAStream(t *testing.T) {
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		w.Header().Set("Content-Type", "text/x")
		w.Header().Set("Trailer", "T")
		fmt.Fprint(w, "Chunked")
		http.NewResponseController(w).Flush()
		w.Header().Set("T", "1")
	})))
	resp, body := h.get(t, tracing, adding)
	if !strings.HasPrefix(body, "Content-Type: text/x\nHTTP 200 - OK\nDiagnostic trace encountered chunked response. Response content discarded.\n\n--- Router: http ---\n") {
		t.Errorf("%s", body)
	}
	if resp.ContentLength != int64(len(body)) || len(resp.Trailer) > 0 {
		t.Errorf("%d bytes, trailers %v", resp.ContentLength, resp.Trailer)
	}
	// The connection was given back or closed, and serves on.
	if _, body := h.get(t); body != "Chunked" {
		t.Errorf("%q", body)
	}
}

// TestDiagnosticTraceEndsHere: a request with Max-Forwards 0 reaches no endpoint.
func TestDiagnosticTraceEndsHere(t *testing.T) {
	h := startHop(t, startBackend(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it reached the endpoint") })))
	for _, row := range []struct {
		change []func(*http.Request)
		status int
		body   string
	}{
		{[]func(*http.Request){tracing, header("Max-Forwards", "31qe")}, 400, "Invalid value for Max-Forwards header"}, // vector 134
		{[]func(*http.Request){tracing, header("Max-Forwards", "0")}, 200, ""},
		{[]func(*http.Request){func(r *http.Request) { r.Method = http.MethodOptions }, header("Max-Forwards", "0")}, 204, ""},
		{[]func(*http.Request){tracing, adding, header("Max-Forwards", "0")}, 200, "\n\n--- Router: http ---\nrequest duration: N ms\nservice name: /svc/web\nclient name: /#/fake/web\n"},
	} {
		resp, body := h.get(t, row.change...)
		if resp.StatusCode != row.status || !strings.HasPrefix(untimed(body), row.body) || row.body == "" && body != "" {
			t.Errorf("%d %q, want %d %q", resp.StatusCode, body, row.status, row.body)
		}
		if got := resp.Header.Get("l5d-err"); got != "" {
			t.Errorf("l5d-err: %s", got)
		}
	}
	head, body := h.exchange(t, "OPTIONS / HTTP/1.1\r\nHost: web\r\nMax-Forwards: 0\r\nConnection: close\r\n\r\n")
	if !strings.HasPrefix(head, "HTTP/1.1 204 ") || strings.Contains(head, "Content-Length") || body != "" {
		t.Errorf("%s %s", head, body)
	}
}

// TestDiagnosticTraceAtTheEdge: with ClearContext there is no context, and Max-Forwards
// counts all the same.
func TestDiagnosticTraceAtTheEdge(t *testing.T) {
	var backend seen
	h := startHop(t, startBackend(t, &backend), withProxy(func(c *proxy.Config) { c.ClearContext = true }))
	resp, body := h.get(t, tracing, adding, header("Max-Forwards", "2"))
	if resp.StatusCode != 200 || strings.Contains(body, "Router") || backend.Get("Max-Forwards") != "1" || backend.Get("l5d-add-context") != "" {
		t.Errorf("%d %q, %v", resp.StatusCode, body, backend.Header)
	}
}

// chain is two hops as the articles have them, one after the other: the first reaches the
// second by a transformer, and the second the application.
func chain(t testing.TB, app http.HandlerFunc) (outgoing *hop) {
	t.Helper()
	port := portOf(startBackend(t, app))
	appPort := transform.Port(uint16(number(t, port)), resolve.MustPath("/%/io.l5d.port/app"))
	incoming := startHop(t, "", overInet(t, "incoming", "/svc => /#/fs", appPort))
	hopPort := transform.Port(uint16(number(t, portOf(incoming.addr))), resolve.MustPath("/%/io.l5d.port/4141"))
	return startHop(t, "", overInet(t, "outgoing", "/host => /#/fs; /svc => /host", hopPort))
}

func number(t testing.TB, text string) (n int) {
	t.Helper()
	if _, err := fmt.Sscan(text, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func hello(r *http.Request) { r.Host = "hello" }

// TestDiagnosticTraceOfAChain: each hop appends its own, the last hop first; as in
// Linkerd's article on diagnostic tracing.
func TestDiagnosticTraceOfAChain(t *testing.T) {
	h := chain(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "Hello") })
	_, body := h.get(t, hello, tracing, adding)
	ports := regexp.MustCompile(`127\.0\.0\.1:\d+|PORT \d+`)
	want := `Hello

--- Router: incoming ---
request duration: N ms
service name: /svc/hello
client name: /%/io.l5d.port/app/#/fs/hello
addresses: [ADDR]
selected address: ADDR
dtab resolution:
  /svc/hello
  /#/fs/hello (/svc=>/#/fs)
  /%/io.l5d.port/app/#/fs/hello (PortTransformer)

--- Router: outgoing ---
request duration: N ms
service name: /svc/hello
client name: /%/io.l5d.port/4141/#/fs/hello
addresses: [ADDR]
selected address: ADDR
dtab resolution:
  /svc/hello
  /host/hello (/svc=>/host)
  /#/fs/hello (/host=>/#/fs)
  /%/io.l5d.port/4141/#/fs/hello (PortTransformer)
`
	if diff := cmp.Diff(want, ports.ReplaceAllString(untimed(body), "ADDR")); diff != "" {
		t.Error(diff)
	}
}

// TestDiagnosticTraceAsJSON: the same as JSON, with the look-up as it was for this
// request, its own dtab included.
func TestDiagnosticTraceAsJSON(t *testing.T) {
	h := chain(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(418)
		io.WriteString(w, "tea\n")
	})
	resp, body := h.get(t, hello, tracing, adding, header("Accept", "text/html, application/JSON;q=0.9"), header("l5d-dtab", "/host/hello => /#/fs/hello"))
	var got struct {
		Response struct {
			Status  int
			Headers http.Header
			Body    string
		}
		Routers []struct {
			Router, Service, Client, Selected, RequestDtab string
			DurationMs                                     *float64
			Addresses                                      []string
			Resolution                                     []struct{ Name, By string }
		}
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if resp.StatusCode != 418 || resp.Header.Get("Content-Type") != "application/json; l5d-context=1" || resp.ContentLength != int64(len(body)) {
		t.Errorf("%d, %v", resp.StatusCode, resp.Header)
	}
	if got.Response.Status != 418 || got.Response.Body != "tea\n" || got.Response.Headers.Get("Date") == "" {
		t.Errorf("%+v", got.Response)
	}
	if len(got.Routers) != 2 || got.Routers[0].Router != "incoming" {
		t.Fatalf("%+v", got.Routers)
	}
	r := got.Routers[1]
	if r.Router != "outgoing" || r.Service != "/svc/hello" || r.Client != "/%/io.l5d.port/4141/#/fs/hello" || r.DurationMs == nil || len(r.Addresses) != 1 || r.Addresses[0] != r.Selected {
		t.Errorf("%+v", r)
	}
	if r.RequestDtab != "/host/hello=>/#/fs/hello" || len(r.Resolution) != 4 || r.Resolution[2].By != "/host/hello=>/#/fs/hello" {
		t.Errorf("%+v", r)
	}
}

// TestDiagnosticTraceIsNotFooled: an application that says that its response has the
// context of hops is told from one that has.
func TestDiagnosticTraceIsNotFooled(t *testing.T) {
	for _, body := range []string{"", "{", "[]", "null", "{}", `{"routers":[1]}`, strings.Repeat("x", 300<<10)} {
		h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json; l5d-context=1")
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			io.WriteString(w, body)
		})))
		_, text := h.get(t, tracing, adding, header("Accept", "application/json"))
		var got struct {
			Response *struct{ Body string }
			Routers  []struct{ Router string }
		}
		if err := json.Unmarshal([]byte(text), &got); err != nil || got.Response == nil || len(got.Routers) != 1 || got.Routers[0].Router != "http" {
			t.Errorf("%.40s: %v in %.200s", body, err, text)
			continue
		}
		if got.Response.Body != body && !strings.Contains(got.Response.Body, "Response content discarded.") {
			t.Errorf("%.40s: %.40s", body, got.Response.Body)
		}
	}
}

// TestDiagnosticTraceIsRetried: an attempt after another has the Max-Forwards of the
// first.
func TestDiagnosticTraceIsRetried(t *testing.T) {
	var left []string
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if left = append(left, r.Header.Get("Max-Forwards")); len(left) == 1 {
			w.WriteHeader(500)
		}
	})), withRouter(func(c *router.Config) {
		c.Services = func(resolve.Path) router.ServicePolicy {
			return router.ServicePolicy{Classifier: router.RetryableRead5XX()}
		}
	}))
	resp, body := h.get(t, tracing, adding, header("Max-Forwards", "3"))
	if resp.StatusCode != 200 || strings.Count(body, "--- Router") != 1 || fmt.Sprint(left) != "[2 2]" {
		t.Errorf("%d %q after %v", resp.StatusCode, body, left)
	}
}
