package collector_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/collector"
)

// calls are the spans of one service that calls another a few times.
func calls(from, to string, n, failed int) []Span {
	var out []Span
	for i := range n {
		s := Span{TraceID: fmt.Sprintf("%x", 1+rand.Uint64N(1<<60)), ID: "1", Kind: "CLIENT", Timestamp: time.Now().UnixMicro() - 5_000_000, Duration: 5,
			Local: &Endpoint{ServiceName: from}, Remote: &Endpoint{ServiceName: to}}
		if i < failed {
			s.Tags = map[string]string{"error": "x"}
		}
		out = append(out, s)
	}
	return out
}

func TestGraph(t *testing.T) {
	s := start(t, collector.Config{})
	for _, c := range []struct {
		from, to  string
		n, failed int
	}{
		{"web", "shop", 40, 0}, {"shop", "db", 40, 3}, {"web", "db", 5, 0}, {"db", "web", 1, 0}, {"shop", "shop", 2, 0},
		{"shop", "a service with a name that is far too long for a box", 1, 1},
	} {
		s.post(calls(c.from, c.to, c.n, c.failed)...)
	}
	page := s.page("/dependency")
	svg := page.all("div", "graph")[0].all("svg", "")[0]
	same(t, "named by", svg.attr("aria-labelledby"), "graph-title graph-text")
	contains(t, page.id("graph-text").text(), "web calls shop 40 times; ", "shop calls db 40 times, 3 failed", "The table after the picture has the same links.")
	at := map[string]int{}
	for _, n := range svg.all("g", "node") {
		x, err := strconv.Atoi(n.all("rect", "")[0].attr("x"))
		if err != nil {
			t.Fatal(err)
		}
		at[n.all("title", "")[0].text()] = x
		if label := n.all("text", "")[0].text(); len([]rune(label)) > 37 {
			t.Errorf("the text %q is too long", label)
		}
	}
	if len(at) != 4 || at["web"] >= at["shop"] || at["shop"] >= at["db"] {
		t.Errorf("the services are at %v, want web before shop before db", at)
	}
	width := map[string]string{}
	for _, e := range svg.all("g", "edge") {
		title := e.all("title", "")[0].text()
		width[title] = e.all("path", "")[0].attr("stroke-width")
		if bad := strings.Contains(e.attr("class"), "bad"); bad != strings.Contains(title, "failed") {
			t.Errorf("%s: marked as failed: %v", title, bad)
		}
	}
	same(t, "links", len(width), 6)
	if width["web calls shop 40 times"] != "4.0" || width["web calls db 5 times"] >= "4" {
		t.Errorf("widths %v", width)
	}
	contains(t, strings.Join(texts(svg.all("text", "calls")), "; "), "3 of 40 failed", "1 of 1 failed", "40")
	same(t, "rows of the table", len(page.all("table", "links")[0].all("tbody", "")[0].all("tr", "")), 6)
}

// TestGraphOrder: services stand in the order of those that they call, so that few links
// cross.
func TestGraphOrder(t *testing.T) {
	s := start(t, collector.Config{})
	for i, c := range [][2]string{{"hub", "x"}, {"hub", "y"}, {"hub", "z"}, {"a", "z"}, {"b", "y"}, {"c", "x"}} {
		s.post(calls(c[0], c[1], 10-i, 0)...)
	}
	y := map[string]int{}
	for _, n := range s.page("/dependency").all("g", "node") {
		at, err := strconv.Atoi(n.all("rect", "")[0].attr("y"))
		if err != nil {
			t.Fatal(err)
		}
		y[n.all("title", "")[0].text()] = at
	}
	if down := y["a"] < y["b"]; down != (y["b"] < y["c"]) || down != (y["z"] < y["y"]) || down != (y["y"] < y["x"]) {
		t.Errorf("links cross: %v", y)
	}
}

// TestGraphBounds: of many services and links the busiest are drawn, and the page says how
// many; in loops and in chains, too.
func TestGraphBounds(t *testing.T) {
	for name, next := range map[string]func(i int) int{
		"chain": func(i int) int { return i + 1 },
		"loop":  func(i int) int { return (i + 1) % 200 },
		"star":  func(int) int { return 0 },
		"any":   func(i int) int { return i * 7919 % 200 },
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, collector.Config{})
			var spans []Span
			for i := range 200 {
				for k := range 1 + i%3 {
					spans = append(spans, calls(fmt.Sprintf("s%d", i), fmt.Sprintf("s%d", next(i+k)), 1, 0)...)
				}
			}
			spans = append(spans, calls("busy", "db", 3, 0)...)
			s.post(spans...)
			page := s.page("/dependency")
			svg := page.all("div", "graph")[0]
			if n := len(svg.all("g", "node")); n > 60 || n < 30 {
				t.Errorf("%d services are drawn", n)
			}
			if n := len(svg.all("g", "edge")); n > 150 || n < 30 {
				t.Errorf("%d links are drawn", n)
			}
			contains(t, svg.text(), "busy")
			contains(t, page.text(), "The picture has the busiest", "numbers stand where some failed")
		})
	}
}
