package collector

import (
	"cmp"
	"math"
	"slices"
)

// The bounds of the picture of dependencies, and its measures in pixels.
const (
	maxGraphNodes  = 60
	maxGraphEdges  = 150
	maxGraphLabels = 30 // edges; of more, only those with errors have a text

	boxWidth, boxHeight = 264, 34
	columnGap, rowGap   = 120, 22
	graphMargin         = 16
	labelRunes          = 37
)

// graph is the layered picture of links between services: each service is to the right of
// those that call it, as far as that can be.
type graph struct {
	Width, Height int
	Nodes         []graphNode
	Edges         []graphEdge
	Text          string // what it shows, in words
	LeftOut       string // "": nothing
	Labels        bool
}

type graphNode struct {
	X, Y, TextX, TextY int
	Name, Label        string
}

type graphEdge struct {
	link
	Path         string
	Width        string
	Label        string
	LabelX, Y    int
	parent, next int // vertices
}

// newGraph lays out the busiest links; links are ordered by calls, the most first.
func newGraph(links []link) *graph {
	if len(links) == 0 {
		return nil
	}
	l := &layers{at: map[string]int{}}
	services := map[string]struct{}{}
	for _, k := range links {
		services[k.Parent], services[k.Child] = struct{}{}, struct{}{}
		l.take(k)
	}
	l.rank()
	l.route()
	l.arrange()
	g := l.draw()
	g.Text, g.LeftOut = graphText(l.edges), ""
	if left := len(links) - len(l.edges); left > 0 {
		g.LeftOut = "The picture has the busiest " + plural(len(l.edges), "link") + " of " + showCount(len(links)) + ", between " +
			showCount(l.services) + " of " + plural(len(services), "service") + "."
	}
	return g
}

// layers is a graph while it is laid out. Its vertices are the services and, after them,
// the points at which links that skip layers pass these.
type layers struct {
	at       map[string]int
	names    []string
	services int
	edges    []graphEdge
	ranks    []int   // by vertex
	chains   [][]int // by edge: the vertices that it passes, from left to right
	rows     [][]int // by rank: vertices from top to bottom
	y        []float64
}

// take adds a link, unless the picture is full.
func (l *layers) take(k link) {
	if len(l.edges) == maxGraphEdges {
		return
	}
	missing := 0
	for _, name := range []string{k.Parent, k.Child} {
		if _, ok := l.at[name]; !ok {
			missing++
		}
	}
	if k.Parent == k.Child {
		missing = min(missing, 1)
	}
	if len(l.names)+missing > maxGraphNodes {
		return
	}
	l.edges = append(l.edges, graphEdge{link: k, parent: l.vertex(k.Parent), next: l.vertex(k.Child)})
	l.services = len(l.names)
}

func (l *layers) vertex(name string) int {
	v, ok := l.at[name]
	if !ok {
		v = len(l.names)
		l.at[name] = v
		l.names = append(l.names, name)
	}
	return v
}

// rank gives each service the length of the longest way to it. Of the links in a loop the
// one with the fewest calls does not count.
func (l *layers) rank() {
	next := make([][]int, l.services)
	callers := make([]int, l.services)
	for _, e := range l.edges { // by calls
		if e.parent != e.next && !leads(next, e.next, e.parent) {
			next[e.parent] = append(next[e.parent], e.next)
			callers[e.next]++
		}
	}
	l.ranks = make([]int, l.services)
	var ready []int
	for v := range l.services {
		if callers[v] == 0 {
			ready = append(ready, v)
		}
	}
	for i := 0; i < len(ready); i++ {
		v := ready[i]
		for _, w := range next[v] {
			l.ranks[w] = max(l.ranks[w], l.ranks[v]+1)
			if callers[w]--; callers[w] == 0 {
				ready = append(ready, w)
			}
		}
	}
}

// leads reports whether there is a way from one vertex to another.
func leads(next [][]int, from, to int) bool {
	seen := make([]bool, len(next))
	stack := []int{from}
	for len(stack) > 0 {
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if v == to {
			return true
		}
		if seen[v] {
			continue
		}
		seen[v] = true
		stack = append(stack, next[v]...)
	}
	return false
}

// route gives each link that skips layers a vertex in each of them.
func (l *layers) route() {
	l.chains = make([][]int, len(l.edges))
	for i, e := range l.edges {
		left, right := e.parent, e.next
		if l.ranks[left] > l.ranks[right] {
			left, right = right, left
		}
		chain := []int{left}
		for r := l.ranks[left] + 1; r < l.ranks[right]; r++ {
			chain = append(chain, len(l.ranks))
			l.ranks = append(l.ranks, r)
		}
		l.chains[i] = append(chain, right)
	}
	for v, r := range l.ranks {
		for len(l.rows) <= r {
			l.rows = append(l.rows, nil)
		}
		l.rows[r] = append(l.rows[r], v)
	}
}

// arrange orders the vertices of each layer by where their neighbours are, there and back
// a few times, which leaves few links that cross.
func (l *layers) arrange() {
	before, after := make([][]int, len(l.ranks)), make([][]int, len(l.ranks))
	for _, chain := range l.chains {
		for i := 1; i < len(chain); i++ {
			a, b := chain[i-1], chain[i]
			after[a] = append(after[a], b)
			before[b] = append(before[b], a)
		}
	}
	place := make([]float64, len(l.ranks))
	number := func(row []int) {
		for i, v := range row {
			place[v] = float64(i) - float64(len(row)-1)/2
		}
	}
	sorted := func(row []int, near [][]int) {
		for _, v := range row {
			if len(near[v]) == 0 {
				continue
			}
			sum := 0.0
			for _, w := range near[v] {
				sum += place[w]
			}
			place[v] = sum / float64(len(near[v]))
		}
		slices.SortStableFunc(row, func(a, b int) int { return cmp.Compare(place[a], place[b]) })
		number(row)
	}
	for _, row := range l.rows {
		number(row)
	}
	for range 6 {
		for _, row := range l.rows {
			sorted(row, before)
		}
		for _, row := range slices.Backward(l.rows) {
			sorted(row, after)
		}
	}
	l.y = make([]float64, len(l.ranks))
	for _, row := range l.rows {
		at := 0.0
		for _, v := range row {
			l.y[v] = at + l.height(v)/2
			at += l.height(v) + rowGap
		}
		for _, v := range row {
			l.y[v] -= (at - rowGap) / 2
		}
	}
	top := math.Inf(1)
	for v, y := range l.y {
		top = min(top, y-l.height(v)/2)
	}
	for v := range l.y {
		l.y[v] += graphMargin - top
	}
}

// height is that of a box, or of the place of a link that passes.
func (l *layers) height(v int) float64 {
	if v < l.services {
		return boxHeight
	}
	return 4
}
