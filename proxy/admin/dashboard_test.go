package admin_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/html"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// dom is a page as a browser understands it.
type dom struct{ *html.Node }

func parsed(t testing.TB, text string) dom {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return dom{root}
}

func (d dom) attr(name string) string {
	for _, a := range d.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func (d dom) all(tag string) (out []dom) {
	for n := range d.Descendants() {
		if n.Type == html.ElementNode && n.Data == tag {
			out = append(out, dom{n})
		}
	}
	return out
}

func (d dom) text() string {
	var b strings.Builder
	for n := range d.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// rows are the texts of a table, row by row, without its head.
func (d dom) rows(table string) (all []string) {
	for _, t := range d.all("table") {
		if t.attr("data-table") == table {
			for _, row := range t.all("tr")[1:] {
				all = append(all, row.text())
			}
		}
	}
	return all
}

// board is an Admin beside a hop whose endpoints are in memory.
type board struct {
	*admin.Admin
	t      testing.TB
	hop    *proxy.Handler
	router *router.Router
}

// endpoints answer with the status in the path, such as /503, or fail without one.
type endpoints struct{ took time.Duration }

func (e endpoints) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(e.took)
	var status int
	if _, err := fmt.Sscanf(r.URL.Path, "/%d", &status); err != nil {
		return nil, errors.New("the endpoint broke")
	}
	return &http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// newBoard makes one whose hop knows the names given, and all others not.
func newBoard(t testing.TB, took time.Duration, config admin.Config, names ...string) *board {
	t.Helper()
	known := new(resolvetest.Namer)
	for _, name := range names {
		known.Bind(name, "10.0.0.1:80", "10.0.0.2:80")
	}
	interpreter, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: known}}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := router.New(router.Config{
		Label: "outgoing", Dtab: resolve.MustDtab("/svc => /#/fake"), Interpreter: interpreter, Cache: router.CacheConfig{Paths: 20_000},
		NewTransport: func(resolve.Address, router.TransportConfig) http.RoundTripper { return endpoints{took} },
	})
	if err != nil {
		t.Fatal(err)
	}
	b := &board{t: t, hop: newServer(t, r, "127.0.0.1/4140"), router: r}
	config.Routers, config.Servers = []*router.Router{r}, []admin.Server{{Handler: b.hop}}
	config.Namers = []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: listed{Namer: known, names: names, state: map[string]any{"all": names}}}}
	if b.Admin, err = admin.New(config); err != nil {
		t.Fatal(err)
	}
	return b
}

// close ends what a bubble must not leave behind.
func (b *board) close() {
	b.Retire(func() {
		if err := b.router.Close(); err != nil {
			b.t.Error(err)
		}
	})
}

func (b *board) send(host, target string) {
	r := httptest.NewRequest("GET", target, nil)
	r.Host = host
	b.hop.ServeHTTP(httptest.NewRecorder(), r)
}

func (b *board) get(target string, accept string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", target, nil)
	r.Host = "localhost"
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	b.ServeHTTP(w, r)
	return w
}

func (b *board) page(target string) dom {
	b.t.Helper()
	w := b.get(target, "text/html")
	if w.Code != 200 {
		b.t.Fatalf("GET %s: %d %s", target, w.Code, w.Body)
	}
	return parsed(b.t, w.Body.String())
}

// dashboardPages are the pages for browsers, with what they are asked in these tests.
var dashboardPages = [...]string{
	"/", "/router", "/services", "/service?service=/svc/web", "/client?client=/%23/fake/web", "/requests", "/requests?id=1",
	"/delegator?path=/svc/web&dtab=/svc+%3D>+/%24/nil", "/names", "/names?state=/%23/fake", "/config", "/health", "/logging",
}

// TestDashboard (vector 306): every page is whole without its script, has nothing inline,
// and links to nothing but other pages of the admin server, relative to where it is.
func TestDashboard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t, 5*time.Millisecond, admin.Config{
			Effective: func() []byte { return []byte(`{"namers":[{"kind":"x","authToken":"hunter2"}]}`) },
			LogLevel:  new(slog.LevelVar),
			Lint: func() []admin.Finding {
				return []admin.Finding{{Where: "linkerd.yaml:3:5", Kind: "shadowed", Text: "/svc is never used"}, {Where: "linkerd.yaml:4:5", Kind: "loop", Text: "/a leads to itself", Error: true}}
			},
			Reload: func() admin.Reloads { return admin.Reloads{File: "linkerd.yaml", Refused: 1, Problem: "no routers"} },
			Spans:  map[string]func() trace.PipelineStats{"http://collector:9411/api/v2/spans": spans{Received: 5, Dropped: trace.Drops{QueueFull: 4321}}.Stats},
		}, "/web", "/idle")
		defer b.close()
		b.send("web", "/200")
		b.send("web", "/503")
		time.Sleep(1500 * time.Millisecond)
		for _, path := range dashboardPages {
			w := b.get(path, "text/html,application/xhtml+xml")
			page := parsed(t, w.Body.String())
			if csp := w.Header().Get("Content-Security-Policy"); w.Code != 200 || !strings.HasPrefix(csp, "default-src 'self';") || strings.Contains(csp, "unsafe") {
				t.Errorf("%s: %d, policy %q", path, w.Code, csp)
			}
			if n := len(page.all("h1")); n != 1 {
				t.Errorf("%s has %d headings", path, n)
			}
			if len(page.all("style")) > 0 || len(page.all("script")) != 1 || page.all("script")[0].FirstChild != nil {
				t.Errorf("%s has a script or a style within it", path)
			}
			keys := map[string]bool{}
			for n := range page.Descendants() {
				e := dom{n}
				for _, a := range e.Attr {
					if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
						t.Errorf("%s: <%s %s=%q>", path, e.Data, a.Key, a.Val)
					}
					if a.Key == "href" || a.Key == "src" || a.Key == "action" || a.Key == "data-events" {
						to, err := url.Parse(a.Val)
						if err != nil || to.IsAbs() || to.Host != "" || strings.HasPrefix(to.Path, "/") {
							t.Errorf("%s links to %q", path, a.Val)
						}
					}
					if a.Key == "id" && keys["#"+a.Val] {
						t.Errorf("%s has the id %s twice", path, a.Val)
					}
					if a.Key == "id" {
						keys["#"+a.Val] = true
					}
					if a.Key == "data-key" && keys[a.Val] {
						t.Errorf("%s has the key %s twice", path, a.Val)
					}
					if a.Key == "data-key" {
						keys[a.Val] = true
					}
				}
			}
			for _, link := range page.all("a") {
				to, err := url.Parse(link.attr("href"))
				if err != nil || to.Path == "" { // a place on the page
					continue
				}
				if target := "/" + strings.TrimPrefix(strings.TrimPrefix(to.String(), "./"), "."); b.get(target, "text/html").Code != 200 {
					t.Errorf("%s links to %s, which is %d", path, target, b.get(target, "text/html").Code)
				}
			}
			if w := b.get(with(path, "format=json"), ""); w.Code != 200 || !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s as JSON: %d %s", path, w.Code, w.Body)
			}
		}
		for path, status := range map[string]int{
			"/foo": 404, "/router?router=x": 404, "/service?service=/svc/x": 404, "/service": 400, "/client": 400, "/client?client=x": 404, "/requests?id=99": 404,
			"/requests?slower=x": 400, "/events?page=/foo": 404, "/events": 404, "/files/style.css": 200, "/files/live.js": 200, "/files/frame.html": 404,
		} {
			if w := b.get(path, "text/html"); w.Code != status {
				t.Errorf("%s: %d, want %d", path, w.Code, status)
			}
		}
		if got := b.get("/", "").Body.String(); !strings.Contains(got, "/admin/ping\n") || strings.Contains(got, "<") {
			t.Errorf("/ for others than browsers is %q", got)
		}
		for path, want := range map[string][]string{
			"/":                            {"50.00%", "only 50.00% of the requests", "refused when it was last read: no routers", "linkerd.yaml:4:5: /a leads to itself"},
			"/names":                       {"linkerd.yaml:3:5 warning /svc is never used", "error: requests fail /a leads to itself", "/#/fake/web 2 / 2 1s ago – outgoing /#/fake", "/#/fake/idle – – – /#/fake", "Names In use Last change Last error /#/fake admin_test 2 1 1s ago"},
			"/names?state=/%23/fake":       {`"/web", "/idle"`},
			"/logging":                     {"root INFO"},
			"/config":                      {`authToken: "***"`, "no routers", "0 taken, 1 refused"},
			"/health":                      {"http://collector:9411/api/v2/spans", "4 321"},
			"/client?client=/%23/fake/web": {"10.0.0.1:80 alive", "10.0.0.2:80", "Failure accrual: io.l5d.consecutiveFailures, 5", "P2C", "503", "status 503", "1s ago"},
			"/service?service=/svc/web":    {"A trace for each latency", "/#/fake/web", "the budget of the service was used up"},
			"/requests?status=503":         {"/503", "/svc/web"},
			"/delegator?path=/svc/web&dtab=/svc+%3D>+/%24/nil": {"/svc/web leads elsewhere with the edited dtab", "1 of the 1 busiest services", "10.0.0.1:80"},
			"/delegator?path=/svc/web&dtab=/svc+%3D>+%7C":      {"Invalid dtab"},
			"/delegator?path=web":                              {"Invalid path"},
		} {
			text := strings.ReplaceAll(b.page(path).text(), "\u2009", " ")
			for _, w := range want {
				if !strings.Contains(text, w) {
					t.Errorf("%s does not say %q:\n%s", path, w, text)
				}
			}
			if strings.Contains(text, "hunter2") {
				t.Errorf("%s shows a secret", path)
			}
		}
	})
}

func with(path, field string) string {
	if strings.Contains(path, "?") {
		return path + "&" + field
	}
	return path + "?" + field
}

// TestDashboardRates: rates and latencies are those of the last seconds, and the past is
// there for a page that is opened later.
func TestDashboardRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t, 20*time.Millisecond, admin.Config{}, "/web")
		defer b.close()
		time.Sleep(500 * time.Millisecond) // between two samples
		for range 20 {
			b.send("web", "/200")
			b.send("web", "/200")
			b.send("web", "/503")
			b.send("web", "/200")
			time.Sleep(time.Second - 80*time.Millisecond)
		}
		var got struct {
			Tables map[string][]map[string]any
		}
		if err := json.Unmarshal(b.get("/router?format=json", "").Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"services", "clients", "servers"} {
			row := got.Tables[table][0]
			if row["rate"] != 4.0 || row["success"] != 0.75 || row["total"] != 80.0 || row["failures"] != 20.0 {
				t.Errorf("%s: %v", table, row)
			}
			if p50, ok := row["p50"].(float64); !ok || p50 < 19 || p50 > 21 {
				t.Errorf("%s: the median is %v", table, row["p50"])
			}
		}
		for _, path := range b.page("/service?service=/svc/web").all("path") {
			if d := path.attr("d"); (path.attr("data-path") == "rate/requests") && strings.Count(d, "L") < 5 {
				t.Errorf("the curve of requests is %q", d)
			}
		}
		time.Sleep(8 * time.Minute)
		page := b.page("/service?service=/svc/web")
		if text := page.text(); !strings.Contains(text, "Requests/s 0 Success rate N/A") {
			t.Errorf("8 minutes later: %s", text)
		}
		found := false
		for _, path := range page.all("path") {
			found = found || path.attr("data-path") == "rate/requests" && strings.Contains(path.attr("d"), " 24.0")
		}
		if !found {
			t.Error("the 4 requests a second of 8 minutes ago are not on the curve")
		}
	})
}

// TestDashboardEscapes: what strangers send is text.
func TestDashboardEscapes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`
		b := newBoard(t, 0, admin.Config{})
		defer b.close()
		b.send(evil, "/?"+url.QueryEscape(evil))
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = "web"
		r.Header.Set("l5d-dtab", `/svc => /\x3cscript\x3ealert(1)`)
		r.Header.Set("User-Agent", evil)
		b.hop.ServeHTTP(httptest.NewRecorder(), r)
		time.Sleep(1500 * time.Millisecond)
		field := url.QueryEscape(evil)
		for _, path := range []string{
			"/", "/router", "/services", "/requests", "/requests?id=1", "/requests?id=2", "/names",
			"/services?services.q=" + field, "/services?services.sort=" + field, "/services?x=" + field, "/services?services.page=" + field,
			"/requests?service=" + field + "&text=" + field, "/delegator?path=" + field + "&dtab=" + field, "/delegator?path=/" + field, "/router?router=" + field,
			"/client?client=" + field, "/requests?slower=" + field, "/service?service=" + field,
		} {
			page := parsed(t, b.get(path, "text/html").Body.String())
			if n := len(page.all("script")); n != 1 {
				t.Errorf("%s has %d scripts", path, n)
			}
			if len(page.all("img")) > 0 {
				t.Errorf("%s has an image", path)
			}
			for _, a := range page.all("a") {
				if to, err := url.Parse(a.attr("href")); err != nil || to.Scheme != "" {
					t.Errorf("%s links to %q", path, a.attr("href"))
				}
			}
		}
		if text := b.page("/requests").text(); !strings.Contains(text, "<script>") {
			t.Errorf("the host is not shown: %s", text)
		}
		if href := b.page("///router").all("th")[0].all("a")[0].attr("href"); !strings.HasPrefix(href, "router?") {
			t.Errorf("a page with more slashes links to %q", href)
		}
	})
}

// TestDashboardOfManyNames: 0, 1 and 10,000 services; pages have 100 rows.
func TestDashboardOfManyNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t, 0, admin.Config{})
		defer b.close()
		if text := b.page("/services").text(); !strings.Contains(text, "No service has been asked for yet") {
			t.Error(text)
		}
		b.send("only", "/")
		time.Sleep(1100 * time.Millisecond)
		if rows := b.page("/services").rows("services"); len(rows) != 1 || !strings.HasPrefix(rows[0], "/svc/only ") {
			t.Errorf("%q", rows)
		}
		many := 10_000
		if testing.Short() {
			many = 1000
		}
		for i := range many - 1 {
			b.send(fmt.Sprintf("s%05d", i), "/")
		}
		time.Sleep(1100 * time.Millisecond)
		first, second := b.page("/services?services.sort=name"), b.page("/services?services.sort=name&services.page=2")
		if rows := first.rows("services"); len(rows) != 100 || !strings.HasPrefix(rows[1], "/svc/s00000 ") {
			t.Errorf("%d rows, %q", len(rows), rows[:min(2, len(rows))])
		}
		if rows := second.rows("services"); len(rows) != 100 || !strings.HasPrefix(rows[0], "/svc/s00099 ") {
			t.Errorf("%d rows, %q", len(rows), rows[:min(2, len(rows))])
		}
		last := b.page("/services?services.sort=-name&services.page=99999")
		if rows := last.rows("services"); len(rows) != 100 || !strings.HasPrefix(rows[99], "/svc/only ") {
			t.Errorf("the last page has %d rows", len(rows))
		}
		if rows := b.page("/services?services.q=S0012").rows("services"); len(rows) != 10 {
			t.Errorf("the filter lets %d rows through", len(rows))
		}
		if size := len(b.get("/services", "text/html").Body.String()); size > 200<<10 {
			t.Errorf("the page has %d bytes", size)
		}
	})
}

// TestDashboardRequests: the last requests are there, filtered, and more of those that
// failed.
func TestDashboardRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t, time.Millisecond, admin.Config{}, "/web")
		defer b.close()
		b.send("web", "/503")
		b.send("nobody", "/x")
		for range 1500 {
			b.send("web", "/200")
		}
		count := func(query string) int {
			var got struct {
				Tables map[string][]map[string]any
			}
			if err := json.Unmarshal(b.get("/requests?format=json&"+query, "").Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			return len(got.Tables["requests"])
		}
		for query, want := range map[string]int{
			"": 1002, "status=failed": 2, "status=5xx": 2, "status=503": 1, "status=200": 1000, "service=nobody": 1, "text=Unable": 1,
			"slower=1000": 0, "slower=0.5": 1001, "endpoint=10.0.0.9:80": 0, "client=fake/web": 1001, "router=x": 0, "trace=zz": 0, "server=127.0.0.1/4140": 1002,
		} {
			if got := count(query); got != want {
				t.Errorf("%s: %d, want %d", query, got, want)
			}
		}
		page := b.page("/requests?id=1")
		curl := page.all("pre")[0].text()
		for _, want := range []string{"curl -v --globoff --path-as-is -H 'Host: web' -H 'l5d-ctx-trace: ", "-H 'l5d-sample: 1.0'", "'http://127.0.0.1:4140/503'"} {
			if !strings.Contains(curl, want) {
				t.Errorf("%s does not have %s", curl, want)
			}
		}
	})
}

// TestDashboardOfRecentRequests: of the requests that did not fail a share is shown, of the
// others all, and so many on a page; the next Admin may have it otherwise.
func TestDashboardOfRecentRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sampler, err := trace.NewSampler(0.25)
		if err != nil {
			t.Fatal(err)
		}
		b := newBoard(t, 0, admin.Config{Requests: admin.RecentRequests{Sampler: sampler, Rows: 7}}, "/web")
		for range 400 {
			b.send("web", "/200")
		}
		for range 20 {
			b.send("web", "/503")
		}
		total := func(b *board) (n int) {
			var got struct {
				Tables map[string][]map[string]any
			}
			if err := json.Unmarshal(b.get("/requests?format=json", "").Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			return len(got.Tables["requests"])
		}
		// 100 is the mean; it is 8.7 times as far from the bounds as such counts differ.
		if n := total(b) - 20; n < 25 || n > 175 {
			t.Errorf("%d of 400 are kept", n)
		}
		page := b.page("/requests")
		if rows := page.rows("requests"); len(rows) != 7 || !strings.Contains(rows[6], "503") {
			t.Errorf("the page has %d rows: %q", len(rows), rows)
		}
		if text := page.text(); !strings.Contains(text, "25 % are kept") {
			t.Errorf("the page does not say so: %s", text)
		}
		next := newBoard(t, 0, admin.Config{Before: b.Admin}, "/web")
		b.close()
		before := total(next)
		for range 50 {
			next.send("web", "/200")
		}
		if n := total(next); n != before+50 || len(next.page("/requests").rows("requests")) != 100 {
			t.Errorf("%d of 50 are kept", n-before)
		}
		next.close()
	})
}

// TestDashboardGoesOn: the next Admin shows the past and the requests of those before it.
func TestDashboardGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := newBoard(t, 0, admin.Config{}, "/web")
		for range 8 {
			first.send("web", "/200")
		}
		time.Sleep(3 * time.Second)
		next := newBoard(t, 0, admin.Config{Before: first.Admin}, "/web")
		first.send("web", "/204") // which the old one still serves
		next.send("web", "/503")
		time.Sleep(1500 * time.Millisecond)
		if n := len(next.page("/requests").rows("requests")); n != 10 {
			t.Errorf("%d requests", n)
		}
		first.close()
		time.Sleep(30 * time.Second)
		page := next.page("/service?service=/svc/web")
		highest := slices.ContainsFunc(page.all("path"), func(p dom) bool {
			return p.attr("data-path") == "rate/requests" && strings.Contains(p.attr("d"), " 24.0") // 8 of 10
		})
		if !highest {
			t.Error("what the first one did is not on the curve")
		}
		next.send("web", "/200")
		if n := len(next.page("/requests").rows("requests")); n != 11 {
			t.Errorf("%d requests after the first one is gone", n)
		}
		next.close()
		next.send("web", "/200")
		if n := len(next.page("/requests").rows("requests")); n != 11 {
			t.Errorf("a retired Admin still takes requests: %d", n)
		}
	})
}

// TestDashboardEvents: a page is live, no more than 32 are, and they end with the process.
func TestDashboardEvents(t *testing.T) {
	ending := make(chan struct{})
	names := new(resolvetest.Namer)
	r := newRouter(t, "outgoing", names)
	s := serve(t, admin.Config{Routers: []*router.Router{r}, Servers: []admin.Server{{Handler: newServer(t, r, "127.0.0.1/4140")}}, Ending: ending})
	var streams []*http.Response
	for range 32 {
		resp, err := s.client.Get(s.URL + "/events?page=/router&router=outgoing")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if got := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || got != "text/event-stream" {
			t.Fatalf("%d %s", resp.StatusCode, got)
		}
		streams = append(streams, resp)
	}
	if got := s.get(t, "/events?page=/router"); got.status != 503 || got.header.Get("Retry-After") == "" {
		t.Errorf("one more: %d", got.status)
	}
	lines := bufio.NewScanner(streams[0].Body)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "data: ") {
	}
	var event struct {
		Cells, Paths map[string]string
		Rows         string
	}
	if err := json.Unmarshal([]byte(strings.TrimPrefix(lines.Text(), "data: ")), &event); err != nil {
		t.Fatal(err)
	}
	page := parsed(t, s.do(t, "GET", "/router?router=outgoing", "", "Accept", "text/html").body)
	seen := 0
	for n := range page.Descendants() {
		e := dom{n}
		if key := e.attr("data-key"); key != "" {
			seen++
			if _, ok := event.Cells[key]; !ok {
				t.Errorf("the events do not have %s", key)
			}
		}
		if key := e.attr("data-path"); key != "" && event.Paths[key] != e.attr("d") && event.Paths[key] == "" && e.attr("d") != "" {
			t.Errorf("the events do not have the curve %s", key)
		}
	}
	if seen < 20 || event.Rows == "" {
		t.Errorf("%d places, rows %q", seen, event.Rows)
	}
	close(ending)
	for lines.Scan() { // until the stream ends
	}
	for _, one := range streams {
		one.Body.Close()
	}
}

// TestDashboardIsUI: hidden with the rest of the user interface.
func TestDashboardIsUI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(t, 0, admin.Config{Security: admin.Security{HideUI: true}, Effective: func() []byte { return nil }})
		defer b.close()
		for _, path := range append(dashboardPages[:], "/events?page=/", "/files/style.css", "/files/live.js") {
			if w := b.get(path, "text/html"); w.Code != 404 {
				t.Errorf("%s: %d", path, w.Code)
			}
		}
		if w := b.get("/metrics", ""); w.Code != 200 {
			t.Errorf("/metrics: %d", w.Code)
		}
	})
}
