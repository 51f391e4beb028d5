package collector_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/collector"
)

// line is a span of a test's trace: times are milliseconds after its start.
func line(id, parent string, from, to int64) Span {
	return Span{TraceID: "c", ID: id, ParentID: parent, Name: "n" + id, Timestamp: walkStart + from*1000, Duration: (to - from) * 1000, Local: &Endpoint{ServiceName: "s"}}
}

// shares is the list of the critical path: number of the span, time and share.
func (d dom) shares() []string {
	var out []string
	for _, r := range d.all("table", "shares")[0].all("tbody", "")[0].all("tr", "") {
		cells := r.all("td", "")
		number, _, _ := strings.Cut(r.all("a", "")[0].text(), ".")
		out = append(out, number+": "+cells[0].text()+", "+cells[1].text())
	}
	return out
}

func TestCriticalPath(t *testing.T) {
	for _, row := range []struct {
		name  string
		spans []Span
		want  []string
	}{
		{"one span", []Span{line("1", "", 0, 10)}, []string{"1: 10 ms, 100.0 %"}},
		{"a chain", []Span{line("1", "", 0, 10), line("2", "1", 1, 9), line("3", "2", 2, 5)}, []string{"2: 5 ms, 50.0 %", "3: 3 ms, 30.0 %", "1: 2 ms, 20.0 %"}},
		{"one after the other", []Span{line("1", "", 0, 10), line("2", "1", 1, 4), line("3", "1", 5, 10)}, []string{"3: 5 ms, 50.0 %", "2: 3 ms, 30.0 %", "1: 2 ms, 20.0 %"}},
		{"beside each other: the one that ends last", []Span{line("1", "", 0, 10), line("2", "1", 1, 8), line("3", "1", 2, 9)}, []string{"3: 7 ms, 70.0 %", "1: 3 ms, 30.0 %"}},
		{"what goes on after its parent counts until there", []Span{line("1", "", 0, 10), line("2", "1", 4, 30), line("3", "2", 5, 29)}, []string{"3: 5 ms, 50.0 %", "1: 4 ms, 40.0 %", "2: 1 ms, 10.0 %"}},
		{"a clock that is behind", []Span{line("1", "", 0, 10), line("2", "1", -5, 3)}, []string{"1: 7 ms, 70.0 %", "2: 3 ms, 30.0 %"}},
		{"a clock that is far ahead", []Span{line("1", "", 0, 10), line("2", "1", 50, 55)}, []string{"1: 10 ms, 100.0 %"}},
		{"a loop", []Span{line("1", "2", 0, 10), line("2", "1", 1, 9)}, []string{"2: 8 ms, 80.0 %", "1: 2 ms, 20.0 %"}},
		{"next to nothing", []Span{line("1", "", 0, 10_000), line("2", "1", 1, 2)}, []string{"1: 9.999 s, 100.0 %", "2: 1 ms, < 0.1 %"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := start(t, collector.Config{})
			s.post(row.spans...)
			same(t, "shares", s.page("/traces/c").shares(), row.want)
		})
	}
	s := start(t, collector.Config{})
	s.post(Span{TraceID: "c", ID: "1"})
	if n := len(s.page("/traces/c").all("table", "shares")); n != 0 {
		t.Error("a trace without times has a critical path")
	}
}

// TestCriticalPathIsDrawn: in the bars, in their words, and as a selection of rows.
func TestCriticalPathIsDrawn(t *testing.T) {
	s := start(t, collector.Config{})
	s.post(line("1", "", 0, 10), line("2", "1", 1, 4), line("3", "1", 2, 9), line("4", "1", 9, 10))
	page := s.page("/traces/c")
	rows := page.all("tr", "span")
	var parts []string
	for _, p := range rows[0].all("rect", "path") {
		parts = append(parts, p.attr("x")+" "+p.attr("width"))
	}
	same(t, "self time of the first span", parts, []string{"0.000% 20.000%"})
	contains(t, rows[2].all("svg", "bar")[0].attr("aria-label"), "is the critical path for 7 ms")
	if n := len(rows[1].all("rect", "path")); n != 0 {
		t.Error("a span beside the path is drawn as part of it")
	}
	only := page.all("span", "buttons")[0].all("a", "")[2]
	same(t, "link", only.text(), "Only the critical path")
	selected := s.page(only.attr("href"))
	same(t, "rows", texts(selected.all("span", "span-name")), []string{"n1", "n3", "n4"})
	if n := len(s.page(selected.all("span", "buttons")[0].all("a", "")[0].attr("href")).all("tr", "span")); n != 4 {
		t.Errorf("All spans shows %d rows, want 4", n)
	}
}

// TestCriticalPathAddsUp: whatever the trace is, the shares are the whole of the first
// span's duration.
func TestCriticalPathAddsUp(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		s := start(t, collector.Config{})
		spans := []Span{line("1", "", 0, 1000)}
		for i := 2; i < 15; i++ {
			from := random.Int64N(1000) - 100
			spans = append(spans, line(fmt.Sprintf("%x", i), fmt.Sprintf("%x", 1+random.IntN(i-1)), from, from+1+random.Int64N(500)))
		}
		s.post(spans...)
		sum := 0.0
		for _, text := range s.page("/traces/c").shares() {
			ms, err := strconv.ParseFloat(regexp.MustCompile(`: (.*) ms`).FindStringSubmatch(strings.Replace(text, ": 1 s", ": 1000 ms", 1))[1], 64)
			if err != nil {
				t.Fatal(err, text)
			}
			sum += ms
		}
		if sum != 1000 {
			t.Errorf("the parts are %g ms together, want 1000, for %+v", sum, spans)
		}
	}
}

// TestPathOfHugeTraces: ten thousand spans in a chain, side by side, in a loop and with the
// same id give a page of a size that browsers can show.
func TestPathOfHugeTraces(t *testing.T) {
	for name, parent := range map[string]func(i int) int{
		"chain": func(i int) int { return i - 1 },
		"fan":   func(i int) int { return min(i-1, 1) },
		"loop":  func(i int) int { return (i+9_998)%10_000 + 1 },
		"tree":  func(i int) int { return i / 2 },
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, collector.Config{})
			var spans []Span
			for i := 1; i <= 10_000; i++ {
				from := int64(i)
				if name == "fan" && i > 1 {
					from = int64(2 * i)
				}
				sp := Span{TraceID: "1", ID: fmt.Sprintf("%x", i), Timestamp: walkStart + from, Duration: 30_000 - from, Local: &Endpoint{ServiceName: "s"}}
				if name == "fan" && i > 1 {
					sp.Duration = 1
				}
				if p := parent(i); p > 0 {
					sp.ParentID = fmt.Sprintf("%x", p)
				}
				spans = append(spans, sp)
			}
			s.post(spans...)
			status, text := s.get("/traces/1")
			if status != 200 || len(text) > 1200<<10 {
				t.Errorf("%d with %d bytes", status, len(text))
			}
			contains(t, text, "Critical path")
		})
	}
}
