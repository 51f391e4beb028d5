package lint

import (
	"cmp"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

// step is one rewrite that every name of from goes through, if the alternatives
// before it are Neg.
type step struct {
	from  *meaning
	entry int
	to    target
}

// loops looks for names that are rewritten for ever. If every step of a cycle
// matches whatever suffix a name has, the cycle returns to its first prefix and no
// name leaves it. In any other cycle the steps consume the suffix, and it ends.
func (l *linter) loops() {
	if l.rules.exhausted() {
		return
	}
	plain := newMeanings(l.dtab, l.config, true)
	for _, circle := range l.rules.loops() {
		if l.full {
			return
		}
		l.loop(circle, plain)
	}
}

// loop reports one circle.
func (l *linter) loop(circle []step, plain *meanings) {
	circle = l.fromStart(circle)
	first := l.dtab[circle[0].entry].Prefix
	f := Finding{Kind: kindLoop, Error: plain.endless(circle[0].entry)}
	f.Problem = "names below " + shown(first.String()) + " are rewritten for ever"
	if !f.Error {
		f.Problem += ", where what is tried before is Neg"
	}
	f.Problem += ": " + l.journey(circle)
	if len(circle) == 1 {
		f.Advice = shown(first.String()) + " matches what it leads to; lead to a name that it does not match"
	} else {
		f.Advice = "have one of these entries lead to a namer or an address instead"
	}
	last := slices.MaxFunc(circle, func(a, b step) int { return a.entry - b.entry })
	f.Pos = l.endAt(last.entry, last.to.end)
	l.find(f)
}

// endless reports whether the names that entry i matches are rewritten for ever
// whatever namers answer, except names that another entry spells out.
func (m *meanings) endless(i int) bool {
	t := m.tree(m.dtab[i].Dst, resolve.Path{})
	if prefix := m.dtab[i].Prefix; !strings.Contains(prefix.String(), "/*") {
		t = resolve.LeafOf(target{meaning: m.at(resolve.Path(prefix))})
	}
	m.settle()
	return mayOf(t) == mayLoop && !m.exhausted()
}

// fromStart rotates a circle so that it begins with the step that leaves the
// shortest rest of a name unmatched: no step looks at anything behind that.
func (l *linter) fromStart(circle []step) []step {
	rest := func(s step) int { return s.from.path.Len() - l.dtab[s.entry].Prefix.Len() }
	start := 0
	for i, s := range circle {
		if rest(s) < rest(circle[start]) {
			start = i
		}
	}
	return slices.Concat(circle[start:], circle[:start])
}

// journey prints the names that a circle leads to.
func (l *linter) journey(circle []step) string {
	name := l.rules.elems[circle[0].entry]
	names := []string{"/" + strings.Join(name, "/")}
	for range 2 { // one turn would not show how a name grows
		begun := names[len(names)-1]
		for _, s := range circle {
			prefix := l.rules.elems[s.entry]
			if len(name) < len(prefix) {
				return shownNames(append(names, "...")) // names too long to be told apart
			}
			name = slices.Concat(elements(s.to.leaf.String()), name[len(prefix):])
			names = append(names, "/"+strings.Join(name, "/"))
		}
		if names[len(names)-1] == begun {
			return shownNames(names)
		}
	}
	return shownNames(append(names, "..."))
}

// shownNames is a chain of names; of a long one the middle is left out.
func shownNames(names []string) string {
	const most = 8
	if len(names) > most {
		names = slices.Concat(names[:most-2], []string{"..."}, names[len(names)-1:])
	}
	for i := range names {
		names[i] = shown(names[i])
	}
	return strings.Join(names, " => ")
}

// loops gives circles of steps, of which no two go through the same entry. Each name that
// can be rewritten for ever is led through an entry of one of them, unless the work was too
// much.
func (m *meanings) loops() [][]step {
	var circles [][]step
	var path []step
	onPath, done := make(map[*meaning]int), make(map[*meaning]bool)
	told := make(map[int]bool) // entries
	isTold := func(s step) bool { return told[s.entry] }
	closed := func(circle []step, last step) {
		m.work += len(circle)
		if m.exhausted() || isTold(last) || slices.ContainsFunc(circle, isTold) {
			return
		}
		circle = append(slices.Clone(circle), last)
		m.work += nodeCost * len(circle)
		for _, s := range circle {
			told[s.entry] = true
		}
		circles = append(circles, circle)
	}
	var visit func(x *meaning)
	visit = func(x *meaning) {
		onPath[x] = len(path)
		for _, s := range m.steps(x) {
			if at, ok := onPath[s.to.meaning]; ok {
				closed(path[at:], s)
			} else if !done[s.to.meaning] {
				path = append(path, s)
				visit(s.to.meaning)
				path = path[:len(path)-1]
			}
		}
		delete(onPath, x)
		done[x] = true
	}
	for _, x := range m.inOrder() {
		if !done[x] {
			visit(x)
		}
	}
	return circles
}

// inOrder returns all meanings, the shortest path first, so that findings are
// deterministic.
func (m *meanings) inOrder() []*meaning {
	all := make([]*meaning, 0, len(m.all))
	for _, x := range m.all {
		all = append(all, x)
	}
	slices.SortFunc(all, func(a, b *meaning) int {
		p, q := a.path.String(), b.path.String()
		return cmp.Or(len(p)-len(q), strings.Compare(p, q))
	})
	return all
}

// steps gives the steps that all names of x go through.
func (m *meanings) steps(x *meaning) []step {
	var all []step
	for _, r := range x.rules {
		if !r.must {
			continue
		}
		may := followed(r.dst, func(to target) { all = append(all, step{from: x, entry: r.entry, to: to}) })
		if may&mayNeg == 0 {
			break
		}
	}
	return all
}

// followed calls f for the leaves of a tree that are followed, given that
// those before them may be Neg.
func followed(t resolve.NameTree[target], f func(target)) outcomes {
	switch t.Op {
	case resolve.Leaf:
		f(t.Leaf)
	case resolve.Alt:
		for _, sub := range t.Sub {
			if followed(sub, f)&mayNeg == 0 {
				break
			}
		}
	case resolve.Union:
		for _, sub := range t.Sub {
			followed(sub, f)
		}
	}
	return mayOf(t)
}
