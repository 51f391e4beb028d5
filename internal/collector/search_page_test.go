package collector_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/collector"
)

// until is the address of a search for what the tests' traces are in.
func until(ms int64, more ...string) string {
	return query("/", append([]string{"endTs", fmt.Sprint(ms), "sort", "timestamp-desc"}, more...)...)
}

func hrefs(page dom) []string {
	var out []string
	for _, r := range page.all("a", "result") {
		out = append(out, strings.TrimLeft(strings.TrimPrefix(r.attr("href"), "/traces/"), "0"))
	}
	return out
}

// one is a trace of one span.
func one(id int, ms int64) Span {
	return Span{TraceID: fmt.Sprintf("%x", id), ID: "1", Timestamp: ms * 1000, Duration: 1000, Local: &Endpoint{ServiceName: "web"}}
}

// TestPagesOfResults: no trace is on two pages, and none is left out, although new traces
// come and old ones get more spans meanwhile; of traces of the same millisecond, too.
func TestPagesOfResults(t *testing.T) {
	s := start(t, collector.Config{})
	const begin = walkStart / 1000
	for i := 1; i <= 35; i++ {
		s.post(one(i, begin+int64(i/3)))
	}
	page := s.page(until(begin + 20))
	same(t, "count", page.all("h2", "count")[0].text(), "10 of 35 traces the newest first, page by page")
	seen := map[string]int{}
	ranges := []string{}
	for n := 1; ; n++ {
		for _, id := range hrefs(page) {
			seen[id]++
		}
		ranges = append(ranges, strings.TrimSuffix(page.all("h2", "count")[0].text(), " the newest first, page by page"))
		links := page.all("nav", "pager")[0].all("a", "")
		if last := links[len(links)-1]; last.text() == "Next" {
			s.post(one(100+n, begin+15), one(200+n, begin+21), Span{TraceID: "5", ID: fmt.Sprint(n + 1), Timestamp: (begin + 14) * 1000})
			page = s.page(last.attr("href"))
			continue
		}
		break
	}
	for i := 1; i <= 35; i++ {
		if n := seen[fmt.Sprintf("%x", i)]; n != 1 && i != 5 || n > 1 {
			t.Errorf("trace %x was shown %d times", i, n)
		}
	}
	// 5 of another page moved to the beginning, beside the new ones that are not too new.
	same(t, "ranges", ranges, []string{"10 of 35 traces", "Traces 13 to 22 of 36", "Traces 24 to 33 of 37", "Traces 35 to 38 of 38"})
	first := page.all("nav", "pager")[0].all("a", "")[0]
	same(t, "first page", first.text()+" "+s.page(first.attr("href")).all("h2", "count")[0].text()[:8], "First page 10 of 38")
}

func TestSearchByTraceID(t *testing.T) {
	s := start(t, collector.Config{})
	const wide = "463ac35c9f6413ad48485a3953bb6124"
	s.post(Span{TraceID: wide, ID: "1"}, Span{TraceID: "48485a3953bb6125", ID: "1"})
	for id, to := range map[string]string{
		wide: wide, "48485a3953bb6124": wide, "48485a3953bb6125": "48485a3953bb6125",
		"000000000000000148485a3953bb6125": "48485a3953bb6125", " 463AC35C9F6413AD48485A3953BB6124 ": wide, "ffffffffffffffff48485a3953bb6124": wide,
	} {
		status, _, h := s.do("GET", query("/", "traceId", id), "", "", nil)
		if status != http.StatusFound || h.Get("Location") != "/traces/"+to {
			t.Errorf("%q: %d to %q, want %s", id, status, h.Get("Location"), to)
		}
	}
	status, _, h := s.do("GET", "/traces/000000000000000148485a3953bb6125", "", "", nil)
	if status != http.StatusFound || h.Get("Location") != "/traces/48485a3953bb6125" {
		t.Errorf("the page of a longer id: %d to %q", status, h.Get("Location"))
	}
	for id, says := range map[string]string{"5": "There is no trace 0000000000000005", "xyz": "not hexadecimal", strings.Repeat("1", 33): "33 digits"} {
		status, text := s.get(query("/", "traceId", id))
		if status != http.StatusNotFound {
			t.Errorf("%q: %d", id, status)
		}
		contains(t, text, says)
	}
}

// TestSearchFields: what people write becomes what Zipkin's API wants, and comes back.
func TestSearchFields(t *testing.T) {
	s := start(t, collector.Config{})
	s.post(walkthrough()...)
	for _, row := range []struct {
		pairs []string
		api   string // of the JSON link
	}{
		{[]string{"min", "100ms"}, "minDuration=100000"},
		{[]string{"min", "1.5s", "max", "2 s"}, "maxDuration=2000000&minDuration=1500000"},
		{[]string{"min", "100"}, "minDuration=100000"},
		{[]string{"min", "0.25"}, "minDuration=250"},
		{[]string{"max", "250us"}, "maxDuration=250&minDuration=1"},
		{[]string{"minDuration", "106000"}, "minDuration=106000"},
		{[]string{"min", "5ms", "minDuration", "106000"}, "minDuration=5000"},
		{[]string{"to", "2023-11-14T22:13:21"}, "endTs=1700000001000"},
		{[]string{"from", "2023-11-14T22:13:10", "to", "2023-11-14T22:13:21.500"}, "endTs=1700000001500&lookback=11500"},
		{[]string{"from", "2023-11-14T22:13", "to", "2023-11-14T23:13:21+01:00"}, "endTs=1700000001000&lookback=21000"},
		{[]string{"remoteServiceName", "x", "serviceName", "y"}, "remoteServiceName=x&serviceName=y"},
	} {
		page := s.page(query("/", row.pairs...))
		api := page.all("form", "search")[0].all("a", "json")[0].attr("href")
		same(t, fmt.Sprint(row.pairs), strings.TrimPrefix(api, "/api/v2/traces?"), row.api)
		if status, text := s.get(api); status != http.StatusOK {
			t.Errorf("%s: %d %s", api, status, text)
		}
		// The fields hold what finds the same.
		again := url.Values{}
		for _, in := range page.all("form", "search")[0].all("input", "") {
			again.Set(in.attr("name"), in.attr("value"))
		}
		for _, name := range []string{"remoteServiceName", "serviceName"} {
			for i, p := range row.pairs {
				if p == name {
					again.Set(name, row.pairs[i+1])
				}
			}
		}
		same(t, "again", s.page("/?"+again.Encode()).all("form", "search")[0].all("a", "json")[0].attr("href"), api)
	}
	found := s.page(query("/", "from", "2023-11-14T22:13:19", "to", "2023-11-14T22:13:21", "min", "106ms", "max", "0.106s"))
	same(t, "found", len(found.all("a", "result")), 1)
	for pairs, says := range map[string]string{
		"min=x": "Duration at least: \"x\" is no duration", "max=-5": "Duration at most", "min=0": "less than a microsecond", "min=9e99": "no duration",
		"from=yesterday": "From: \"yesterday\" is no time", "to=1": "Until", "from=2023-11-14T22:13&to=2023-11-14T22:13": "is not before the end",
		"after=x": "Page", "after=5-": "Page", "after=-1-1": "Page", "min=2s&max=1s": "less than",
	} {
		status, text := s.get("/?" + pairs)
		if status != http.StatusBadRequest {
			t.Errorf("%s: %d", pairs, status)
		}
		contains(t, strings.ReplaceAll(text, "&#34;", `"`), says)
	}
}

func TestAutocomplete(t *testing.T) {
	s := start(t, collector.Config{})
	tags := func(id string, pairs map[string]string) Span {
		return Span{TraceID: id, ID: "1", Tags: pairs}
	}
	s.post(tags("1", map[string]string{"http.method": "GET", "error": "", "a=b": "x", "this and that": "x", strings.Repeat("k", 200): "x"}),
		tags("2", map[string]string{"http.method": "POST", "http.path": strings.Repeat("p", 200)}))
	for i := range 300 {
		s.post(tags(fmt.Sprint(i+10), map[string]string{"user": fmt.Sprint(i)}))
	}
	same(t, "keys", fetch[[]string](s, "/api/v2/autocompleteKeys"), []string{"a=b", "error", "http.method", "http.path", "this and that", "user"})
	same(t, "values", fetch[[]string](s, "/api/v2/autocompleteValues?key=http.method"), []string{"GET", "POST"})
	same(t, "long values", fetch[[]string](s, "/api/v2/autocompleteValues?key=http.path"), []string{})
	same(t, "values of nothing", fetch[[]string](s, "/api/v2/autocompleteValues?key=x"), []string{})
	same(t, "bounded values", len(fetch[[]string](s, "/api/v2/autocompleteValues?key=user")), 200)
	var offered []string
	for _, o := range s.page("/").id("tags").all("option", "") {
		offered = append(offered, o.attr("value"))
	}
	same(t, "the form offers", offered, []string{"error", "http.method", "http.method=GET", "http.method=POST", "http.path", "user"})
}

func TestRemoteServices(t *testing.T) {
	s := start(t, collector.Config{})
	call := func(id, from, to string) Span {
		return Span{TraceID: id, ID: "1", Timestamp: 5, Local: &Endpoint{ServiceName: from}, Remote: &Endpoint{ServiceName: to}}
	}
	s.post(call("1", "web", "db"), call("2", "cache", "disk"))
	remotes := func(page dom) []string {
		for _, sel := range page.all("select", "") {
			if sel.attr("name") == "remoteServiceName" {
				return texts(sel.all("option", ""))
			}
		}
		return nil
	}
	same(t, "of all", remotes(s.page("/")), []string{"any", "db", "disk"})
	same(t, "of one", remotes(s.page("/?serviceName=web")), []string{"any", "db"})
	same(t, "one that is gone", remotes(s.page("/?serviceName=web&remoteServiceName=old")), []string{"any", "old", "db"})
}

// TestCountOfManyTraces: what is beyond the page is counted with bounded work.
func TestCountOfManyTraces(t *testing.T) {
	if testing.Short() {
		t.Skip("stores 220,000 spans")
	}
	s := start(t, collector.Config{MaxBytes: 256 << 20})
	const begin = walkStart / 1000
	for trace := range 11 {
		var b strings.Builder
		for i := range 20_000 {
			fmt.Fprintf(&b, `,{"traceId":"%x","id":"%x","timestamp":%d}`, trace+1, i+1, (begin+int64(trace))*1000)
		}
		if status, text := s.postJSON("[" + b.String()[1:] + "]"); status != http.StatusAccepted {
			t.Fatal(status, text)
		}
	}
	same(t, "not all", s.page(until(begin+20, "limit", "1")).all("h2", "count")[0].text(), "1 of more than 10 traces the newest first, page by page")
	same(t, "all", s.page(until(begin+20, "limit", "2")).all("h2", "count")[0].text(), "2 of 11 traces the newest first, page by page")
	next := s.page(until(begin+20, "limit", "1")).all("nav", "pager")[0].all("a", "")[0].attr("href")
	same(t, "next", hrefs(s.page(next)), []string{"a"})
}
