package collector_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/collector"
)

// of gives spans to another trace.
func of(trace string, spans ...Span) []Span {
	for i := range spans {
		spans[i].TraceID = trace
	}
	return spans
}

// named is line with a name.
func named(name, id, parent string, from, to int64) Span {
	s := line(id, parent, from, to)
	s.Name = name
	return s
}

func rowsOf(page dom) []string {
	var out []string
	for _, r := range page.all("table", "twins")[0].all("tbody", "")[0].all("tr", "") {
		cells := r.all("td", "")
		name := r.all("span", "span-name")[0].text()
		out = append(out, r.all("th", "")[0].attr("class")+" "+name+": "+strings.Join(texts(cells[:3]), " | "))
	}
	return out
}

func TestCompare(t *testing.T) {
	s := start(t, collector.Config{})
	s.post(of("a", named("root", "1", "", 0, 100), named("auth", "2", "1", 1, 11), named("get", "3", "1", 20, 40), named("get", "4", "1", 50, 90),
		named("sql", "5", "4", 60, 70), named("old", "6", "1", 91, 93))...)
	failed := named("get", "13", "11", 20, 25)
	failed.Tags = map[string]string{"error": "x"}
	s.post(of("b", named("root", "11", "", 0, 1180), named("new", "17", "11", 0, 1), named("auth", "12", "11", 1, 11), failed, named("get", "14", "11", 30, 1150),
		named("sql", "15", "14", 31, 1140))...)
	page := s.page("/compare?a=a&b=b")
	same(t, "rows", rowsOf(page), []string{
		"i0 root: in A 100 ms | in B 1.18 s | +1.08 s (×11.8)",
		"i1 new: – | in B 1 ms | only in B",
		"i1 auth: in A 10 ms | in B 10 ms | the same",
		"i1 get: in A 20 ms | in B 5 ms error | −15 ms (−75 %)",
		"i1 get: in A 40 ms | in B 1.12 s | +1.08 s (×28)",
		"i2 sql: in A 10 ms | in B 1.109 s | +1.099 s (×110.9)",
		"i1 old: in A 2 ms | – | only in A",
	})
	contains(t, page.text(), "B took +1.08 s (×11.8): slower than A.", "Only in A: 1 span. Only in B: 1 span.")
	same(t, "what changed", texts(page.all("ol", "changes")[0].all("li", ""))[0], "s sql: 10 ms in A, 1.109 s in B, +1.099 s (×110.9)")
	for _, a := range page.all("table", "twins")[0].all("a", "") {
		if n := len(s.page(a.attr("href")).all("section", "panel")); n != 1 {
			t.Errorf("%s shows %d panels", a.attr("href"), n)
		}
	}
	same(t, "the other way round", rowsOf(s.page("/compare?a=b&b=a"))[0], "i0 root: in A 1.18 s | in B 100 ms | −1.08 s (−92 %)")
	with := s.page("/compare?a=a&b=a")
	contains(t, with.text(), "B took the same. Both have the same spans.")
	same(t, "nothing changed", len(with.all("ol", "changes")), 0)
}

func TestCompareAsks(t *testing.T) {
	s := start(t, collector.Config{})
	for i := range 15 {
		s.post(of(fmt.Sprintf("%x", i+1), named("root", "1", "", int64(i), int64(2*i+1)))...)
	}
	s.post(of("ff", named("other", "1", "", 0, 1))...)
	page := s.page(s.page("/traces/3").all("span", "also")[0].all("a", "")[0].attr("href"))
	similar := page.all("a", "result")
	if len(similar) != 10 {
		t.Fatalf("%d traces are suggested, want 10", len(similar))
	}
	for _, r := range similar {
		if strings.Contains(r.attr("href"), "b=00000000000000ff") || strings.Contains(r.attr("href"), "b=0000000000000003") {
			t.Errorf("%s is suggested", r.attr("href"))
		}
	}
	same(t, "rows", len(rowsOf(s.page(similar[0].attr("href")))), 1)
	contains(t, s.page("/compare").text(), "Enter the ids of two traces")
	for path, says := range map[string]string{"/compare?a=77&b=1": "There is no trace 0000000000000077.", "/compare?a=1&b=x": "is not hexadecimal"} {
		status, text := s.get(path)
		if status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
		contains(t, text, says)
	}
}

// TestCompareHugeTraces: pages of a thousand rows, whatever the form of the traces.
func TestCompareHugeTraces(t *testing.T) {
	s := start(t, collector.Config{})
	for trace, parent := range map[string]func(i int) int{
		"a1": func(i int) int { return i - 1 }, "a2": func(i int) int { return min(i-1, 1) }, "a3": func(i int) int { return (i+4998)%5000 + 1 }, "a4": func(int) int { return 7777 },
	} {
		var spans []Span
		for i := 1; i <= 5000; i++ {
			sp := Span{TraceID: trace, ID: fmt.Sprintf("%x", i), Timestamp: walkStart + int64(i), Duration: 30_000 - int64(i)}
			if p := parent(i); p > 0 {
				sp.ParentID = fmt.Sprintf("%x", p)
			}
			spans = append(spans, sp)
		}
		s.post(spans...)
	}
	for _, b := range []string{"a1", "a2", "a3", "a4"} {
		page := s.page("/compare?a=a1&b=" + b)
		same(t, b, len(rowsOf(page)), 1000)
		next := page.all("p", "pager")[0].all("a", "")[0]
		contains(t, s.page(next.attr("href")).all("p", "pager")[0].text(), "Spans 1,001 to 2,000 of")
	}
}
