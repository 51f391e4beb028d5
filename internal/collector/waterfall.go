package collector

import (
	"strconv"
	"strings"
)

const maxIndent = 24 // levels; deeper rows are not indented further

type row struct {
	Number, Depth int
	Indent        int
	Key           string
	Service, Name string
	Kind          string // CSS class: server, client, producer, consumer, local
	Duration      string
	Bar           *bar
	Failed        bool
	Notes         []string
	Missed        bool // a deadline
	Guesses       []guess
	Href          string
	Toggle        string // "": nothing below
	Open          bool
	Below         int
	Detail        *detail
}

type bar struct {
	X, Width      string
	LabelX        string
	LabelAnchor   string
	LabelShift    int
	Inside        bool
	Label, Spoken string
	Marks         []string
	Path          []box  // on the critical path
	Wait          *box   // before an attempt
	Deadline      string // "": none in the picture
}

// placed is a node together with the number and the key of its row.
type placed struct {
	*node
	number int
	key    string
	below  int
}

type layout struct {
	state      traceState
	start, end int64 // of the picture
	*overlay
}

// placeAll gives each node its number and key.
func placeAll(t *tree) []placed {
	below := descendants(t)
	uses := make(map[string]int, len(t.nodes))
	out := make([]placed, len(t.nodes))
	for i, n := range t.nodes {
		out[i] = placed{n, i + 1, rowKey(n.span, uses), below[n]}
	}
	return out
}

// flat reports whether the rows that are shown are a selection, in which none hides
// others.
func (s *traceState) flat() bool { return s.service != "" || s.critical }

// visible returns the rows that are shown: none below a closed row, and only those of one
// service or of the critical path if the state says so.
func (l *layout) visible(all []placed) []placed {
	var out []placed
	hiddenBelow := -1 // depth of the closed row that hides the rows after it
	for _, n := range all {
		if hiddenBelow >= 0 && n.depth > hiddenBelow {
			continue
		}
		hiddenBelow = -1
		if !l.state.flat() && len(n.children) > 0 && !l.state.open(n.key) {
			hiddenBelow = n.depth
		}
		if l.state.service != "" && n.span.service() != l.state.service || l.state.critical && l.onPath[n.node] == nil {
			continue
		}
		out = append(out, n)
	}
	return out
}

func descendants(t *tree) map[*node]int {
	below := make(map[*node]int, len(t.nodes))
	for i := len(t.nodes) - 1; i >= 0; i-- {
		if n := t.nodes[i]; n.parent != nil {
			below[n.parent] += below[n] + 1
		}
	}
	return below
}

// rowKey returns a unique key made of the id of the span. Ids are not unique, because spans
// can share them and strangers choose them.
func rowKey(s *span, uses map[string]int) string {
	key := formatID(s.id)
	if s.shared {
		key += "-shared"
	}
	uses[key]++
	if n := uses[key]; n > 1 {
		key += "-" + strconv.Itoa(n)
	}
	return key
}

func (l *layout) row(p placed) row {
	s := p.span
	_, failed := s.failure()
	r := row{
		Number: p.number, Depth: p.depth + 1, Indent: min(p.depth, maxIndent),
		Key: p.key, Service: s.service(), Name: s.name,
		Kind: kindClass(s.kind), Duration: showDuration(s.duration),
		Bar: l.bar(p.node), Failed: failed, Below: p.below,
	}
	r.Notes, r.Missed = l.notes(p.node)
	r.Notes = append(r.Notes, p.notes()...)
	selected := p.key == l.state.span
	r.Href = l.state.with(func(n *traceState) {
		n.span = p.key
		if selected {
			n.span = ""
		}
	})
	if selected {
		r.Detail = newDetail(s, l.start)
	}
	if len(p.children) > 0 && !l.state.flat() {
		r.Open = l.state.open(p.key)
		r.Toggle = l.state.with(func(n *traceState) { n.toggle(p.key) })
	}
	return r
}

func kindClass(k kind) string {
	if k == kindNone {
		return "local"
	}
	return strings.ToLower(k.String())
}

func (n *node) notes() []string {
	var out []string
	if n.missing {
		out = append(out, "parent "+formatID(n.span.parent)+" was not reported")
	}
	if n.looped {
		out = append(out, "its parents form a loop")
	}
	if d := n.early(); d > 0 {
		out = append(out, "starts "+showDuration(d)+" before its parent")
	}
	if d := n.late(); d > 0 {
		out = append(out, "ends "+showDuration(d)+" after its parent")
	}
	return out
}

// bar returns the position of a span in its trace, in percent of the width.
func (l *layout) bar(n *node) *bar {
	s := n.span
	if s.timestamp == 0 {
		return nil
	}
	length := float64(max(l.end-l.start, 1))
	x := 100 * float64(s.timestamp-l.start) / length
	width := max(100*float64(s.duration)/length, 0.3)
	x = min(x, 100-width)
	b := &bar{
		X: percent(x), Width: percent(width),
		Label:  showDuration(s.duration),
		Spoken: "starts at " + showDuration(s.timestamp-l.start) + ", takes " + showDuration(s.duration),
	}
	switch end := x + width; {
	case end <= 86:
		b.LabelX, b.LabelAnchor, b.LabelShift = percent(end), "start", 6
	case x >= 14:
		b.LabelX, b.LabelAnchor, b.LabelShift = percent(x), "end", -6
	default:
		b.LabelX, b.LabelAnchor, b.Inside = percent(x+width/2), "middle", true
	}
	for _, a := range s.annotations[:min(len(s.annotations), 32)] {
		if a.timestamp >= l.start && a.timestamp <= l.end {
			b.Marks = append(b.Marks, percent(100*float64(a.timestamp-l.start)/length))
		}
	}
	l.decorate(b, n)
	return b
}

// decorate adds the critical path, the wait before an attempt, and the deadline.
func (l *layout) decorate(b *bar, n *node) {
	if path := l.onPath[n]; path != nil {
		b.Path = l.boxes(path)
		on := int64(0)
		for _, g := range path {
			on += g.to - g.from
		}
		b.Spoken += ", is the critical path for " + showDuration(on)
	}
	if a := l.attempts[n]; a != nil && a.to > a.from && a.from >= l.start {
		wait := l.box(a.from, a.to)
		b.Wait = &wait
		if b.LabelAnchor == "end" {
			b.LabelX = wait.X // the text stands before it
		}
	}
	if d := l.deadlines[n]; d != nil {
		b.Deadline = l.at(d.at)
	}
}
