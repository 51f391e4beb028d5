package collector

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// draw turns a layout into shapes.
func (l *layers) draw() *graph {
	g := &graph{Labels: len(l.edges) <= maxGraphLabels}
	g.Width = 2*graphMargin + len(l.rows)*boxWidth + (len(l.rows)-1)*columnGap
	bottom := 0.0
	for v, y := range l.y {
		bottom = max(bottom, y+l.height(v)/2)
		if v >= l.services {
			continue
		}
		x := l.left(v)
		g.Nodes = append(g.Nodes, graphNode{
			X: x, Y: int(y) - boxHeight/2, TextX: x + boxWidth/2, TextY: int(y) + 4,
			Name: shorten(l.names[v], 200), Label: shortName(l.names[v]),
		})
	}
	most := l.edges[0].CallCount
	for i, e := range l.edges {
		e.Width = strconv.FormatFloat(1+3*math.Log1p(float64(e.CallCount))/math.Log1p(float64(most)), 'f', 1, 64)
		e.Path, e.LabelX, e.Y = l.path(i)
		if g.Labels || e.ErrorCount > 0 {
			e.Label = showCount(e.CallCount)
			if e.ErrorCount > 0 {
				e.Label = showCount(e.ErrorCount) + " of " + e.Label + " failed"
			}
		}
		bottom = max(bottom, float64(e.Y))
		g.Edges = append(g.Edges, e)
	}
	g.Height = int(bottom) + graphMargin
	return g
}

func (l *layers) left(v int) int { return graphMargin + l.ranks[v]*(boxWidth+columnGap) }

// path returns the way of a link, and where its text is. A link within a service is a loop
// below its box.
func (l *layers) path(edge int) (d string, x, y int) {
	e := l.edges[edge]
	if e.parent == e.next {
		x, y := l.left(e.parent)+boxWidth/2, int(l.y[e.parent])+boxHeight/2
		return fmt.Sprintf("M%d %dc-10 26 40 26 34 3", x-12, y), x + 40, y + 16
	}
	chain := l.chains[edge]
	type point struct{ x, y int }
	var way []point
	for i, v := range chain {
		at := point{l.left(v), int(l.y[v])}
		if i > 0 {
			way = append(way, at)
		}
		if i < len(chain)-1 {
			way = append(way, point{at.x + boxWidth, at.y})
		}
	}
	// The text is beside the start of the way, where links that end at one box are apart.
	x, y = way[0].x+columnGap/2, (way[0].y+way[1].y)/2-4
	if chain[0] != e.parent { // from right to left
		for i, j := 0, len(way)-1; i < j; i, j = i+1, j-1 {
			way[i], way[j] = way[j], way[i]
		}
		x, y = way[0].x-columnGap/2, (way[0].y+way[1].y)/2+12
	}
	var b strings.Builder
	fmt.Fprintf(&b, "M%d %d", way[0].x, way[0].y)
	for i := 1; i < len(way); i++ {
		from, to := way[i-1], way[i]
		if i%2 == 0 { // through a layer
			fmt.Fprintf(&b, "L%d %d", to.x, to.y)
			continue
		}
		mid := (from.x + to.x) / 2
		fmt.Fprintf(&b, "C%d %d %d %d %d %d", mid, from.y, mid, to.y, to.x, to.y)
	}
	return b.String(), x, y
}

// shortName returns the end of a name, which tells services apart.
func shortName(name string) string {
	runes := []rune(name)
	if len(runes) <= labelRunes {
		return name
	}
	return "…" + string(runes[len(runes)-labelRunes+1:])
}

// graphText describes the busiest links in words.
func graphText(edges []graphEdge) string {
	const most = 20
	var b strings.Builder
	for i, e := range edges[:min(len(edges), most)] {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(brief(e.Parent) + " calls " + brief(e.Child) + " " + callsText(e.link))
	}
	if len(edges) > most {
		b.WriteString("; and " + plural(len(edges)-most, "link") + " more")
	}
	return b.String() + ". The table after the picture has the same links."
}

func callsText(k link) string {
	text := plural(k.CallCount, "time")
	if k.ErrorCount > 0 {
		text += ", " + showCount(k.ErrorCount) + " failed"
	}
	return text
}

// Spoken describes a link in words.
func (e *graphEdge) Spoken() string {
	return shorten(e.Parent, 200) + " calls " + shorten(e.Child, 200) + " " + callsText(e.link)
}
