package collector_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/meshhop/meshhop/internal/collector"
)

// dom is a parsed page.
type dom struct{ *html.Node }

func (s *server) page(path string) dom {
	s.t.Helper()
	status, text := s.get(path)
	if status != http.StatusOK {
		s.t.Fatalf("GET %s: %d %s", path, status, text)
	}
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
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

// all finds elements by tag and class; "" is any.
func (d dom) all(tag, class string) []dom {
	var out []dom
	for n := range d.Descendants() {
		e := dom{n}
		if n.Type == html.ElementNode && (tag == "" || n.Data == tag) &&
			(class == "" || strings.Contains(" "+e.attr("class")+" ", " "+class+" ")) {
			out = append(out, e)
		}
	}
	return out
}

func (d dom) id(id string) dom {
	for n := range d.Descendants() {
		if e := (dom{n}); e.attr("id") == id {
			return e
		}
	}
	return dom{&html.Node{}}
}

func (d dom) text() string {
	var b strings.Builder
	for n := range d.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func texts(list []dom) []string {
	var out []string
	for _, d := range list {
		out = append(out, d.text())
	}
	return out
}

func TestPageWithoutTraces(t *testing.T) {
	s := start(t, collector.Config{})
	contains(t, s.page("/").text(), "No traces yet, waiting for spans at POST /api/v2/spans")
	s.post(Span{TraceID: "1", ID: "1", Timestamp: 5})
	contains(t, s.page("/").text(), "No trace matches", "1 trace is stored")
	contains(t, s.page("/dependency").text(), "No calls between services")
}

func TestSearchPage(t *testing.T) {
	s := start(t, collector.Config{})
	s.post(walkthrough()...)
	s.post(Span{TraceID: "2", ID: "1", Timestamp: walkStart + 1, Duration: 500_000, Local: &Endpoint{ServiceName: "0.0.0.0/4140"}, Tags: map[string]string{"error": "x"}})
	page := s.page("/?serviceName=0.0.0.0%2F4140&spanName=all&endTs=" + walkEnd + "&startTs=1699999990000")
	var heads []string
	for _, r := range page.all("a", "result") {
		heads = append(heads, r.attr("href")+" "+r.all("strong", "duration")[0].text()+" "+r.all("span", "spans")[0].text())
	}
	same(t, "results, longest first", heads, []string{"/traces/0000000000000002 500 ms 1 span", "/traces/" + walkTrace + " 106 ms 8 spans"})
	same(t, "chips", texts(page.all("a", "result")[1].all("span", "chip")), []string{
		"0.0.0.0/4140 ×2", daemonset + "hello ×1", "0.0.0.0/4141 ×2", localnode + "hello ×1", daemonset + "world-v1 ×1", localnode + "world-v1 ×1",
	})
	selected := ""
	for _, o := range page.all("option", "") {
		for _, a := range o.Attr {
			if a.Key == "selected" {
				selected += o.text() + ";"
			}
		}
	}
	same(t, "form", selected, "0.0.0.0/4140;any;all;11 s;10;Longest First;")
	api := page.all("a", "json")[0].attr("href")
	if n := len(fetch[[][]Span](s, api)); n != 2 {
		t.Errorf("the JSON link %s has %d traces, want 2", api, n)
	}
	page = s.page("/?sort=duration-asc&endTs=" + walkEnd)
	same(t, "shortest first", page.all("a", "result")[0].attr("href"), "/traces/"+walkTrace)
}

func TestWaterfall(t *testing.T) {
	s := start(t, collector.Config{})
	s.post(walkthrough()...)
	page := s.page("/traces/" + walkTrace)
	for id, want := range map[string]string{"duration": "106 ms", "services": "6", "depth": "8", "total-spans": "8"} {
		same(t, id, page.id(id).text(), want)
	}
	rows := page.all("tr", "span")
	if len(rows) != 8 {
		t.Fatalf("%d rows, want 8", len(rows))
	}
	lengths := []string{"106 ms", "100 ms", "91 ms", "84 ms", "59 ms", "47 ms", "35 ms", "8 ms"}
	for i, row := range rows {
		same(t, "service", row.all("span", "service")[0].text(), walkServices[i])
		same(t, "name", row.all("span", "span-name")[0].text(), walkNames[i])
		same(t, "duration", row.all("svg", "bar")[0].text(), lengths[i])
		class := []string{"server", "client"}[i%2]
		if !strings.Contains(row.attr("class"), class) {
			t.Errorf("row %d has the class %q, want %s", i+1, row.attr("class"), class)
		}
		if len(row.all("th", fmt.Sprintf("i%d", i))) != 1 {
			t.Errorf("row %d is not indented by %d", i+1, i)
		}
	}
	box := rows[7].all("rect", "box")[0]
	same(t, "the last bar", box.attr("x")+" "+box.attr("width"), "66.038% 7.547%")
	same(t, "legend", page.all("span", "legend")[0].text(), "Server Client Other Critical path")
}

func TestDetail(t *testing.T) {
	s := start(t, collector.Config{})
	s.post(walkthrough()...)
	row := s.page("/traces/" + walkTrace).id("span-" + walkID(7))
	href := row.all("a", "name")[0].attr("href")
	panel := s.page(href).all("section", "panel")
	if len(panel) != 1 {
		t.Fatalf("%s shows %d panels", href, len(panel))
	}
	var events []string
	for _, r := range panel[0].all("table", "annotations")[0].all("tbody", "")[0].all("tr", "") {
		events = append(events, r.all("td", "")[1].text()+" "+r.all("td", "")[0].text())
	}
	same(t, "annotations", events, []string{"Client Send 70 ms", "Wire Send 71 ms", "Wire Receive 75 ms", "Client Receive 78 ms"})
	same(t, "tags", texts(panel[0].all("table", "tags")[0].all("tbody", "")[0].all("tr", "")), []string{
		"Client Address10.196.2.43", "http.req.hostworld", "http.req.methodGET", "http.req.versionHTTP/1.1", "http.rsp.content-length20",
		"http.rsp.status200", "http.uri/", "l5d.success1.0", "Server Address10.196.2.45:7778",
	})
	server := s.page("/traces/"+walkTrace+"?span="+walkID(6)).all("section", "panel")[0]
	contains(t, server.text(), "Server Receive", "Server Send", "0.0.0.0/4141")
}

func TestRowsCanBeClosedAndFiltered(t *testing.T) {
	s := start(t, collector.Config{})
	s.post(walkthrough()...)
	page := s.page("/traces/" + walkTrace)
	closed := s.page(page.all("span", "buttons")[0].all("a", "")[1].attr("href"))
	if n := len(closed.all("tr", "span")); n != 1 {
		t.Errorf("%d rows after Collapse All, want 1", n)
	}
	two := s.page(closed.all("a", "toggle")[0].attr("href"))
	if n := len(two.all("tr", "span")); n != 2 {
		t.Errorf("%d rows after opening one, want 2", n)
	}
	four := s.page(page.all("a", "toggle")[3].attr("href"))
	if n := len(four.all("tr", "span")); n != 4 {
		t.Errorf("%d rows after closing the fourth, want 4", n)
	}
	filtered := s.page(page.all("a", "chip")[2].attr("href"))
	same(t, "rows of one service", texts(filtered.all("span", "service")), []string{"0.0.0.0/4141", "0.0.0.0/4141"})
}

// TestReading: whose server span is below a client span is told by its address.
func TestReading(t *testing.T) {
	ms := func(id, parent, kind, service, name string, from, to int64, port int) Span {
		s := Span{TraceID: "a", ID: id, ParentID: parent, Kind: kind, Name: name, Timestamp: walkStart + from*1000, Duration: (to - from) * 1000, Local: &Endpoint{ServiceName: service}}
		at := &Endpoint{IPv4: "10.0.0.1", Port: port}
		if kind == "CLIENT" {
			s.Remote = at
		} else {
			s.Local.IPv4, s.Local.Port = at.IPv4, at.Port
		}
		return s
	}
	s := start(t, collector.Config{})
	s.post(
		ms("a", "", "SERVER", "edge", "external", 0, 20, 1), ms("b", "a", "CLIENT", "edge", "web", 1, 19, 2),
		ms("c", "b", "SERVER", "edge", "for b", 3, 9, 2), ms("d", "c", "CLIENT", "b", "get", 4, 8, 3),
		ms("e", "b", "SERVER", "edge", "for c", 10, 18, 4), ms("f", "e", "CLIENT", "c", "get", 12, 17, 5),
		ms("7", "f", "SERVER", "edge", "of another", 13, 16, 6),
	)
	page := s.page("/traces/a")
	same(t, "text", texts(page.all("details", "reading")[0].all("li", "")), []string{
		"edge received the request “external” and had answered it after 20 ms.",
		"Span 2: edge waited 18 ms for edge; 6 ms of that is the receiver's own span, 12 ms the way there and back.",
		"Span 4: edge waited 4 ms for b, which reported no span of its own: this is the time from sending the request to receiving the response.",
		"Span 6: edge waited 5 ms for c, which reported no span of its own: this is the time from sending the request to receiving the response. The server spans below it are of calls that were made meanwhile.",
		"The longest time without any call below it, 4 ms (20 % of the whole), passed in span 2, edge.",
	})
}

// TestReadingOfTheDemo reads what meshhop demo reports of one request for hello,
// which makes no spans and calls world: the server span below the call to hello
// is that of the next hop.
func TestReadingOfTheDemo(t *testing.T) {
	spans, err := os.ReadFile("testdata/demo.json")
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, collector.Config{})
	if status, text := s.postJSON(string(spans)); status != 202 {
		t.Fatal(status, text)
	}
	var told []string
	for _, text := range texts(s.page("/traces/6d1155c9ce27207b").all("details", "reading")[0].all("li", "")) {
		if strings.HasPrefix(text, "Span ") {
			told = append(told, regexp.MustCompile(`[0-9.]+ (ms|µs)`).ReplaceAllString(text, "N"))
		}
	}
	same(t, "calls", told, []string{
		"Span 2: 127.0.0.1/41400 waited N for %/io.l5d.port/41410/#/io.l5d.fs/hello; N of that is the receiver's own span, N the way there and back.",
		"Span 4: 127.0.0.1/41410 waited N for %/io.l5d.localhost/#/io.l5d.fs/hello, which reported no span of its own: this is the time from sending the request to receiving the response. The server spans below it are of calls that were made meanwhile.",
		"Span 6: 127.0.0.1/41400 waited N for %/io.l5d.port/41410/#/io.l5d.fs/world-v1; N of that is the receiver's own span, N the way there and back.",
		"Span 8: 127.0.0.1/41410 waited N for %/io.l5d.localhost/#/io.l5d.fs/world-v1, which reported no span of its own: this is the time from sending the request to receiving the response.",
	})
}

func TestOddTraces(t *testing.T) {
	at := func(name string) *Endpoint { return &Endpoint{ServiceName: name} }
	for _, row := range []struct {
		name  string
		spans []Span
		rows  int
		says  []string
	}{
		{"headless", []Span{{ID: "2", ParentID: "1", Timestamp: 5}}, 1, []string{"parent 0000000000000001 was not reported", "1 span named a parent"}},
		{"two roots", []Span{{ID: "1", Timestamp: 5}, {ID: "2", Timestamp: 6}}, 2, []string{"2 roots"}},
		{"loop", []Span{{ID: "1", ParentID: "2", Timestamp: 6}, {ID: "2", ParentID: "3", Timestamp: 5}, {ID: "3", ParentID: "1", Timestamp: 7}}, 3, []string{"its parents form a loop"}},
		{"skew", []Span{{ID: "1", Timestamp: 1000, Duration: 500}, {ID: "2", ParentID: "1", Timestamp: 700, Duration: 900}}, 2,
			[]string{"starts 300 µs before its parent", "ends 100 µs after its parent", "clocks of the hosts differ"}},
		{"no times", []Span{{ID: "1"}}, 1, []string{"no start time"}},
		{"absurd times", []Span{{ID: "1", Timestamp: 1<<63 - 1, Duration: 1<<63 - 1}, {ID: "2", ParentID: "1", Timestamp: 1, Duration: 1<<63 - 1}}, 2, []string{"more than a day"}},
		{"parts", []Span{{ID: "1", Kind: "SERVER", Timestamp: 5, Local: at("web")}, {ID: "1", Duration: 7, Name: "late", Tags: map[string]string{"error": "boom"}}}, 1, []string{"late", "7 µs", "error"}},
		{"shared id", []Span{{ID: "1", Kind: "CLIENT", Timestamp: 5, Local: at("a")}, {ID: "1", Kind: "SERVER", Shared: true, Timestamp: 6, Local: at("b")}}, 2, []string{"level 2, server"}},
		{"script", []Span{{ID: "1", Timestamp: 5, Name: "<script>alert(1)</script>", Local: at(`"><script>x`)}}, 1, []string{"<script>alert(1)</script>"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := start(t, collector.Config{})
			for i := range row.spans {
				row.spans[i].TraceID = "1"
			}
			s.post(row.spans...)
			page := s.page("/traces/1")
			if n := len(page.all("tr", "span")); n != row.rows {
				t.Errorf("%d rows, want %d", n, row.rows)
			}
			contains(t, page.text(), row.says...)
			if scripts := page.all("script", ""); len(scripts) != 1 || scripts[0].attr("src") != "/files/page.js" || scripts[0].text() != "" {
				t.Error("a script got into the page")
			}
			for _, a := range page.all("a", "name") {
				if n := len(s.page(a.attr("href")).all("section", "panel")); n != 1 {
					t.Errorf("%s shows %d panels", a.attr("href"), n)
				}
			}
		})
	}
}

func TestHugeTrace(t *testing.T) {
	s := start(t, collector.Config{})
	var spans []Span
	for i := range 10_000 {
		sp := Span{TraceID: "1", ID: fmt.Sprintf("%x", i+1), Timestamp: walkStart + int64(i), Duration: 5}
		if i > 0 {
			sp.ParentID = fmt.Sprintf("%x", i)
		}
		spans = append(spans, sp)
	}
	s.post(spans...)
	page := s.page("/traces/1")
	same(t, "depth", page.id("depth").text(), "10,000")
	same(t, "pager", page.all("p", "pager")[0].text(), "Spans 1 to 1,000 of 10,000, at most 1,000 on a page. Next")
	page = s.page(page.all("p", "pager")[0].all("a", "")[0].attr("href"))
	same(t, "second page", page.all("p", "pager")[0].text(), "Spans 1,001 to 2,000 of 10,000, at most 1,000 on a page. Previous Next")
	page = s.page("/traces/1?span=0000000000002000")
	if len(page.all("section", "panel")) != 1 {
		t.Error("a span of a later page is not shown when it is selected")
	}
}

func TestHeadersAndRedirects(t *testing.T) {
	s := start(t, collector.Config{})
	_, _, h := s.do("GET", "/", "", "", nil)
	contains(t, h.Get("Content-Security-Policy"), "default-src 'none'", "style-src 'sha256-", "script-src 'self';")
	status, text, h := s.do("GET", "/files/page.js", "", "", nil)
	if status != http.StatusOK || !strings.HasPrefix(h.Get("Content-Type"), "text/javascript") || !strings.HasPrefix(text, `"use strict";`) {
		t.Errorf("the script: %d %s", status, h)
	}
	for from, to := range map[string]string{
		"/zipkin": "/", "/zipkin/?serviceName=a%2Fb": "/?serviceName=a%2Fb", "/zipkin/traces/ab?span=1": "/traces/ab?span=1", "/zipkin/dependency": "/dependency",
	} {
		status, _, h := s.do("GET", from, "", "", nil)
		if status != http.StatusFound || h.Get("Location") != to {
			t.Errorf("%s: %d to %q, want %q", from, status, h.Get("Location"), to)
		}
	}
	for _, path := range []string{"/zipkin/%2F%2Fevil.example", "/zipkin/other", "/traces/5", "/nothing"} {
		if status, _ := s.get(path); status != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, status)
		}
	}
}

func TestDependencyPage(t *testing.T) {
	s := start(t, collector.Config{})
	s.post(walkthrough()...)
	page := s.page("/dependency?endTs=" + walkEnd)
	rows := texts(page.all("table", "links")[0].all("tbody", "")[0].all("tr", ""))
	contains(t, strings.Join(rows, "\n"), "0.0.0.0/4141"+localnode+"world-v110", localnode+"hello0.0.0.0/414010")
	for _, a := range page.all("table", "links")[0].all("a", "") {
		if n := len(s.page(a.attr("href")+"&endTs="+walkEnd).all("a", "result")); n != 1 {
			t.Errorf("%s finds %d traces", a.attr("href"), n)
		}
	}
}
