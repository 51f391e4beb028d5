package collector

// overlay is what the waterfall shows besides the spans: the critical path, deadlines, and
// which spans are attempts of one request.
type overlay struct {
	path      []segment
	onPath    map[*node][]segment // by time
	attempts  map[*node]*attempt
	deadlines map[*node]*deadline
}

func newOverlay(t *tree) *overlay {
	o := &overlay{path: t.criticalPath(), onPath: map[*node][]segment{}, attempts: t.attempts(), deadlines: t.deadlines()}
	for _, g := range o.path {
		o.onPath[g.node] = append(o.onPath[g.node], g)
	}
	return o
}

// until is where the picture of a trace ends: at its end, or at the last deadline if that
// is not so much later that the spans would be hard to see.
func (o *overlay) until(start, end int64) int64 {
	most := addSaturating(end, end-start)
	last := end
	for _, d := range o.deadlines {
		if d.at <= most {
			last = max(last, d.at)
		}
	}
	return last
}

// notes returns what the row of a span says of its attempt and its deadline.
func (o *overlay) notes(n *node) (notes []string, missed bool) {
	if a := o.attempts[n]; a != nil {
		notes = a.notes(n.span)
	}
	if text, ok := n.span.tag(connectsTag); ok && text != "" {
		notes = append(notes, "connections that failed before: "+brief(text))
	}
	if why, ok := n.span.tag(notRetriedTag); ok {
		notes = append(notes, "not tried again: "+brief(why))
	}
	if d := o.deadlines[n]; d != nil && d.of == n {
		text, late := d.note()
		if d.first || late {
			notes = append(notes, text)
		}
		missed = late
	}
	return notes, missed
}

// box is a part of a row, in percent of the width.
type box struct{ X, Width string }

// boxes returns the parts of a row that are on the critical path. Those that lie closer
// together than can be seen become one, so that their number is bounded.
func (l *layout) boxes(path []segment) []box {
	length := max(l.end-l.start, 1)
	var out []box
	for i := 0; i < len(path); {
		from, to := path[i].from, path[i].to
		for i++; i < len(path) && path[i].from-to <= length/400; i++ {
			to = path[i].to
		}
		out = append(out, l.box(from, to))
	}
	return out
}

func (l *layout) box(from, to int64) box {
	length := float64(max(l.end-l.start, 1))
	width := max(100*float64(to-from)/length, 0.3)
	return box{percent(min(100*float64(from-l.start)/length, 100-width)), percent(width)}
}

// at returns the position of a moment, or "" if it is not in the picture.
func (l *layout) at(micros int64) string {
	if micros < l.start || micros > l.end {
		return ""
	}
	return percent(100 * float64(micros-l.start) / float64(max(l.end-l.start, 1)))
}
