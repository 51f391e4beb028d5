package collector

import (
	"cmp"
	"slices"
)

// segment is a time during which a span, and none below it, kept the trace from ending.
type segment struct {
	node     *node
	from, to int64
}

// criticalPath returns the segments that determine how long the trace took, by time. They
// follow each other without a gap from the start of the top span to its end, so that their
// lengths add up to its duration. It returns nil if that has no start or no duration.
//
// The walk begins at the end of the top span and goes back in time. What a span waited for
// last is the child that ended last before the moment where the walk is: between that end
// and the moment the span itself was at work, so this is a segment of its own. The walk
// then goes through the child in the same way, and on from where the child started.
// Children that were still running at the moment ran beside another one that ended later,
// and are not on the path: had they been faster, the trace would have taken as long.
//
// Clocks of hosts differ, and some work goes on after the response. So a child counts only
// for the part that lies within its parent, as far as that counts.
//
// Each span is visited once, and its children are sorted once. The walk does not recurse,
// because a stranger chooses how deep a trace is.
func (t *tree) criticalPath() []segment {
	top := t.top()
	if top.span.timestamp == 0 || top.span.duration == 0 {
		return nil
	}
	w := &pathWalk{}
	w.enter(top, top.span.timestamp, top.span.end())
	for len(w.stack) > 0 {
		w.step()
	}
	slices.Reverse(w.path)
	return w.path
}

type pathWalk struct {
	stack []visit
	path  []segment // backwards
}

// visit is a span whose time from start to at is still to be explained, of the time until
// end that counts.
type visit struct {
	node           *node
	start, at, end int64
	children       []*node // by end, those that are left
}

func (w *pathWalk) enter(n *node, start, end int64) {
	v := visit{node: n, start: start, at: end, end: end}
	for _, c := range n.children {
		if c.span.timestamp > 0 && c.span.duration > 0 {
			v.children = append(v.children, c)
		}
	}
	slices.SortStableFunc(v.children, func(a, b *node) int {
		return cmp.Or(cmp.Compare(min(a.span.end(), end), min(b.span.end(), end)), cmp.Compare(b.span.timestamp, a.span.timestamp))
	})
	w.stack = append(w.stack, v)
}

// step explains the time after the next child, or the rest.
func (w *pathWalk) step() {
	v := &w.stack[len(w.stack)-1]
	for len(v.children) > 0 {
		c := v.children[len(v.children)-1]
		v.children = v.children[:len(v.children)-1]
		from, to := max(c.span.timestamp, v.start), min(c.span.end(), v.end)
		if to > v.at || from >= to {
			continue
		}
		w.add(v.node, to, v.at)
		v.at = from
		w.enter(c, from, to)
		return
	}
	w.add(v.node, v.start, v.at)
	w.stack = w.stack[:len(w.stack)-1]
}

func (w *pathWalk) add(n *node, from, to int64) {
	if to > from {
		w.path = append(w.path, segment{n, from, to})
	}
}
