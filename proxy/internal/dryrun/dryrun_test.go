package dryrun_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/internal/dryrun"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/resolve/transform"
	"github.com/meshhop/meshhop/router"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hop is a hop on a socket that makes dry runs, or none.
type hop struct {
	url    string
	port   uint16
	names  *resolvetest.Namer
	router *router.Router
	dry    *dryrun.Handler
}

// start starts a hop. All names are those of the namer. If the port is not 0, a
// transformer gives it to every address.
func start(t testing.TB, label string, port uint16, change ...func(*router.Config, *proxy.Config, *dryrun.Config)) *hop {
	t.Helper()
	h := &hop{names: new(resolvetest.Namer)}
	h.names.Bind("/hello", "127.0.0.1:1")
	names := resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fs"), Namer: h.names}}}
	if port != 0 {
		names.Transformers = []resolve.Transformer{transform.Port(port, resolve.MustPath("/%/hops"))}
	}
	interpreter, err := resolve.New(names)
	if err != nil {
		t.Fatal(err)
	}
	routing := router.Config{Label: label, Dtab: resolve.MustDtab("/svc => /#/fs"), Interpreter: interpreter}
	serving, running := proxy.Config{}, dryrun.Config{Hops: []resolve.Prefix{prefix(t, "/%/hops")}}
	for _, c := range change {
		c(&routing, &serving, &running)
	}
	if h.router, err = router.New(routing); err != nil {
		t.Fatal(err)
	}
	serving.Router = h.router
	if running.Server, err = proxy.New(serving); err != nil {
		t.Fatal(err)
	}
	var handler http.Handler = running.Server
	if running.MaxConcurrent >= 0 { // less: no dry runs
		if h.dry, err = dryrun.New(running); err != nil {
			t.Fatal(err)
		}
		handler = h.dry
	}
	s := httptest.NewServer(handler)
	h.url, h.port = s.URL, portOf(t, s.Listener.Addr())
	t.Cleanup(func() {
		s.Close()
		if err := h.router.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func without(_ *router.Config, _ *proxy.Config, c *dryrun.Config) { c.MaxConcurrent = -1 }

func noHops(_ *router.Config, _ *proxy.Config, c *dryrun.Config) { c.Hops = nil }

func prefix(t testing.TB, text string) resolve.Prefix {
	t.Helper()
	p, err := resolve.ParsePrefix(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func portOf(t testing.TB, addr net.Addr) uint16 {
	t.Helper()
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		t.Fatal(addr)
	}
	return uint16(tcp.Port)
}

// untouched is an application that nothing may connect to.
func untouched(t testing.TB) (port uint16) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	var connected atomic.Int64
	done.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			connected.Add(1)
			conn.Close()
		}
	})
	t.Cleanup(func() {
		l.Close()
		done.Wait()
		if n := connected.Load(); n > 0 {
			t.Errorf("the application has had %d connections", n)
		}
	})
	return portOf(t, l.Addr())
}

// ask sends a request for the host hello.
func ask(t testing.TB, url, method string, body io.Reader, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url+"/path?q", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "hello"
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

// dry is the answer to a dry run, as JSON.
func dry(t testing.TB, url, method string, header ...string) dryrun.Answer {
	t.Helper()
	resp, body := ask(t, url, method, nil, append([]string{"l5d-explain", "dry-run", "Accept", "application/json"}, header...)...)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("l5d-explain") != "dry-run" || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		t.Fatalf("%d, %v, %s", resp.StatusCode, resp.Header, body)
	}
	var a dryrun.Answer
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return a
}

// TestChain: each hop says what it would do, in the order of the way, with the method of
// the request; nothing connects to the application, and no hop has counted a request.
func TestChain(t *testing.T) {
	app := untouched(t)
	byMethod := func(c *router.Config, _ *proxy.Config, d *dryrun.Config) {
		c.Identifier = router.MethodAndHost(false)
		c.Dtab = resolve.MustDtab("/svc/1.1/DELETE => /#/fs")
		d.Hops = nil
	}
	incoming := start(t, "incoming", app, byMethod)
	outgoing := start(t, "outgoing", incoming.port)
	a := dry(t, outgoing.url, http.MethodDelete)
	if len(a.Hops) != 2 {
		t.Fatalf("%d hops: %+v", len(a.Hops), a)
	}
	first, second := a.Hops[0], a.Hops[1]
	if r := first.Report; r.Router != "outgoing" || r.Request.Method != "DELETE" || r.Name != "/svc/hello" || r.Sent != 1 || first.End != "" {
		t.Errorf("%+v, end %q", r, first.End)
	}
	if c := first.Chosen; c == nil || c.Client != "/%/hops/#/fs/hello" || c.Address != "127.0.0.1:"+strconv.Itoa(int(incoming.port)) || c.Why == "" {
		t.Errorf("%+v", c)
	}
	if r := second.Report; r.Router != "incoming" || r.Request.Method != "DELETE" || r.Request.Target != "/path?q" || r.Name != "/svc/1.1/DELETE/hello" || r.Refusal != nil {
		t.Errorf("%+v", r)
	}
	if c := second.Chosen; c == nil || c.Address != "127.0.0.1:"+strconv.Itoa(int(app)) || !strings.Contains(second.End, "not one of the hops") {
		t.Errorf("%+v, end %q", c, second.End)
	}
	for _, h := range []*hop{outgoing, incoming} {
		if s := h.router.Stats(); s != (router.Stats{}) {
			t.Errorf("%+v", s)
		}
		if s := h.dry.Stats(); s != (dryrun.Stats{Answered: 1}) {
			t.Errorf("%+v", s)
		}
	}
	_, text := ask(t, outgoing.url, "POST", strings.NewReader("body"), "l5d-explain", "Dry-Run")
	for _, want := range []string{"--- hop 1 ---\nrouter      outgoing", "POST /path?q HTTP/1.1, Host: hello\n", "\n--- hop 2 ---\nrouter      incoming", "\nend         the request would be refused"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// TestOverridesTravel: the request's own dtab counts at the hops behind, too, and without
// what this hop leaves out.
func TestOverridesTravel(t *testing.T) {
	incoming := start(t, "incoming", untouched(t), noHops)
	outgoing := start(t, "outgoing", incoming.port)
	incoming.names.Bind("/v2", "127.0.0.1:1")
	a := dry(t, outgoing.url, "GET", "l5d-dtab", "/svc/hello => /#/fs/v2 | /#/fs/hello")
	if len(a.Hops) != 2 || a.Hops[1].Chosen == nil || a.Hops[1].Chosen.Client != "/%/hops/#/fs/v2" {
		t.Errorf("%+v", a.Hops)
	}
}

// TestRefused: a request that would be refused is not chosen a way.
func TestRefused(t *testing.T) {
	h := start(t, "outgoing", untouched(t))
	a := dry(t, h.url, "GET", "l5d-dtab", "/svc => !")
	if len(a.Hops) != 1 || a.Hops[0].Chosen != nil || a.Hops[0].Report.Refusal.Status != 502 || a.Hops[0].End != "the request would be refused" {
		t.Errorf("%+v", a.Hops)
	}
}

// TestNextHopDoesNoDryRuns: a hop that does none refuses, and says so.
func TestNextHopDoesNoDryRuns(t *testing.T) {
	incoming := start(t, "incoming", untouched(t), without)
	outgoing := start(t, "outgoing", incoming.port)
	if a := dry(t, outgoing.url, "GET"); len(a.Hops) != 1 || a.Hops[0].End != "the next hop has not told: it does no dry runs" {
		t.Errorf("%+v", a.Hops)
	}
	resp, body := ask(t, incoming.url, "DELETE", nil, "l5d-explain", "dry-run")
	if resp.StatusCode != http.StatusNotImplemented || !strings.Contains(body, "this server does no dry runs") || resp.Header.Get("l5d-explain") != "" {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

// TestWhatTheNextHopIsSent: whatever listens there does not get the request, should the
// configuration be wrong; and what it answers is judged.
func TestWhatTheNextHopIsSent(t *testing.T) {
	const context = "\n\n--- Router: incoming ---\nrequest duration: 0 ms\n"
	for _, row := range []struct {
		kind, body string
		status     int
		hops       int
		end        string
	}{
		{"", context, 200, 2, "this hop does no dry runs, so none behind it was asked"},
		{"", "hello", 200, 1, "the next hop has not told: it has answered with 200"},
		{"", "", 404, 1, "the next hop has not told: it has answered with 404"},
		{"application/json; l5d-explain=1", "{", 200, 1, "the next hop has not told: its answer is none: unexpected end of JSON input"},
		{"application/json; l5d-explain=1", `{"hops":[]}`, 200, 1, "the next hop has not told: its answer has no hop, or too many"},
		{"application/json; l5d-explain=1", `{"hops":[{}]}`, 200, 1, "the next hop has not told: its answer has no report"},
		{"application/json; l5d-explain=1", `{"hops":[{"report":{"targets":[{}]}}]}`, 200, 1, "the next hop has not told: explain: this is no whole report"},
	} {
		var got *http.Request
		var sent []byte
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got = r
			sent, _ = io.ReadAll(r.Body)
			w.Header().Set("Content-Type", row.kind)
			w.WriteHeader(row.status)
			io.WriteString(w, row.body)
		}))
		h := start(t, "outgoing", portOf(t, s.Listener.Addr()))
		resp, body := ask(t, h.url, "POST", strings.NewReader("secret"), "l5d-explain", "dry-run", "Accept", "application/json", "Content-Type", "text/x", "X-Own", "1", "l5d-sample", "1")
		var a dryrun.Answer
		if err := json.Unmarshal([]byte(body), &a); err != nil || resp.StatusCode != 200 {
			t.Fatalf("%v, %d %s", err, resp.StatusCode, body)
		}
		if len(a.Hops) != row.hops || a.Hops[row.hops-1].End != row.end {
			t.Errorf("%q: %d hops, end %q, want %q", row.body, len(a.Hops), a.Hops[len(a.Hops)-1].End, row.end)
		}
		if row.hops == 2 && a.Hops[1].Context != context {
			t.Errorf("%+v", a.Hops[1])
		}
		if got.Method != "TRACE" || got.Header.Get("Max-Forwards") != "0" || len(sent) > 0 || got.ContentLength > 0 || got.Header.Get("Content-Type") != "" {
			t.Errorf("%s with %v and the body %q", got.Method, got.Header, sent)
		}
		if got.Header.Get("l5d-explain") != "dry-run; method=POST; hops=15" || got.Header.Get("X-Own") != "1" || got.Header.Get("l5d-sample") != "" || got.Host != "hello" || got.RequestURI != "/path?q" {
			t.Errorf("%s for %s with %v", got.RequestURI, got.Host, got.Header)
		}
		s.Close()
	}
}

// TestLoop: a hop that leads to itself finds out by the mark in Via, and two that take
// the marks away by the number of hops.
func TestLoop(t *testing.T) {
	l := httptest.NewUnstartedServer(nil)
	h := start(t, "outgoing", portOf(t, l.Listener.Addr()))
	l.Config.Handler = h.dry
	l.Start()
	defer l.Close()
	a := dry(t, h.url, "GET")
	if len(a.Hops) != 2 || a.Hops[1].Report.Refusal == nil || a.Hops[1].Report.Refusal.Status != http.StatusLoopDetected {
		t.Errorf("%d hops: %+v", len(a.Hops), a.Hops[len(a.Hops)-1])
	}

	l = httptest.NewUnstartedServer(nil)
	h = start(t, "outgoing", portOf(t, l.Listener.Addr()), func(_ *router.Config, _ *proxy.Config, c *dryrun.Config) { c.MaxConcurrent = 100 })
	l.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Via")
		h.dry.ServeHTTP(w, r)
	})
	l.Start()
	defer l.Close()
	if a := dry(t, h.url, "GET"); len(a.Hops) != 16 || a.Hops[15].End != "no further hop is asked after 16" {
		t.Errorf("%d hops: %+v", len(a.Hops), a.Hops[len(a.Hops)-1])
	}
}

// TestWrongQuestions: what asks for something else is not carried out.
func TestWrongQuestions(t *testing.T) {
	h := start(t, "outgoing", untouched(t))
	for _, value := range []string{"", "dryrun", "yes", "dry-run; method=POST", "dry-run; hops=0", "dry-run; hops=17", "dry-run; hops=x", "dry-run; other=1"} {
		if resp, body := ask(t, h.url, "GET", nil, "l5d-explain", value); resp.StatusCode != http.StatusBadRequest || !strings.HasPrefix(body, "l5d-explain: ") {
			t.Errorf("%q: %d %s", value, resp.StatusCode, body)
		}
	}
	if resp, _ := ask(t, h.url, "TRACE", nil, "l5d-explain", "dry-run; method=A B"); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("%d", resp.StatusCode)
	}
}

// TestOtherRequests: all others are carried out.
func TestOtherRequests(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	defer s.Close()
	h := start(t, "outgoing", portOf(t, s.Listener.Addr()))
	resp, body := ask(t, h.url, "GET", nil)
	if body != "hello" || resp.Header.Get("l5d-explain") != "" || h.router.Stats().Requests != 1 {
		t.Errorf("%s, %v", body, h.router.Stats())
	}
	// Once the router has a client for the set, its balancer chooses.
	if a := dry(t, h.url, "GET"); !strings.Contains(a.Hops[0].Chosen.Why, "by the balancer") {
		t.Errorf("%+v", a.Hops[0].Chosen)
	}
	h.dry.Drain()
	if resp, _ := ask(t, h.url, "GET", nil); !resp.Close {
		t.Error("it does not drain")
	}
}

// TestTooMany: the dry runs at the same time are bounded.
func TestTooMany(t *testing.T) {
	asked, release := make(chan struct{}, 1), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	}))
	defer s.Close()
	h := start(t, "outgoing", portOf(t, s.Listener.Addr()), func(_ *router.Config, _ *proxy.Config, c *dryrun.Config) { c.MaxConcurrent = 1 })
	var first sync.WaitGroup
	first.Go(func() { dry(t, h.url, "GET") })
	<-asked
	resp, _ := ask(t, h.url, "GET", nil, "l5d-explain", "dry-run")
	close(release)
	first.Wait()
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") != "1" || h.dry.Stats() != (dryrun.Stats{Answered: 1, Refused: 1}) {
		t.Errorf("%d, %+v", resp.StatusCode, h.dry.Stats())
	}
	if a := dry(t, h.url, "GET"); len(a.Hops) == 0 {
		t.Error("and then never again")
	}
}

// TestConfig: what cannot be.
func TestConfig(t *testing.T) {
	h := start(t, "outgoing", 0)
	clearing, err := proxy.New(proxy.Config{Router: h.router, ClearContext: true})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := proxy.New(proxy.Config{Router: h.router})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []dryrun.Config{{}, {Server: clearing}, {Server: plain, Timeout: -1}, {Server: plain, MaxConcurrent: -1}} {
		if _, err := dryrun.New(c); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
}
