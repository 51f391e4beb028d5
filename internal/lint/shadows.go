package lint

import "github.com/meshhop/meshhop/resolve"

// shadows looks for entries that are never used: a later one matches all of
// their names and can never be Neg.
func (l *linter) shadows() {
	for i := range l.dtab {
		for j := i + 1; j < len(l.dtab); j++ {
			if l.rules.work++; l.rules.exhausted() {
				return
			}
			if covers(l.rules.elems[j], l.rules.elems[i]) && l.shadowed(i, j) {
				break
			}
		}
	}
}

// shadowed reports entry i if it is never used because of entry j, which
// matches all of its names.
func (l *linter) shadowed(i, j int) bool {
	later := l.dtab[j]
	f := Finding{Kind: kindShadowed, Pos: l.entryAt(i), Other: l.entryAt(j)}
	switch {
	case l.texts[i] == l.texts[j] && later.Dst.Op != resolve.Neg: // one "~" has the namers asked, and two have not
		f.Problem = "the entry has no effect: it stands again later"
		f.Advice = "delete one of the two"
	case !neverNeg(l.trees[j]) && !neverNeg(l.under(i, j)):
		return false
	case later.Prefix == l.dtab[i].Prefix:
		f.Problem = "the entry is never used: the later " + shown(l.texts[j]) + " has the same prefix and is never Neg"
		f.Advice = "delete one of the two, or have the later one lead to a namer, which can be Neg"
	default:
		f.Kind = kindSwallowed
		f.Problem = "the entry is never used: the later " + shown(l.texts[j]) + " matches all of its names and is never Neg"
		f.Advice = "move it below that one"
	}
	l.unused[i] = true
	l.find(f)
	return true
}

// under is what entry j leads to where it matches the names of entry i.
func (l *linter) under(i, j int) resolve.NameTree[target] {
	rest := literal(l.dtab[i].Prefix, len(l.rules.elems[j]))
	if rest.IsEmpty() || l.rules.exhausted() {
		return l.trees[j]
	}
	t := l.rules.tree(l.dtab[j].Dst, rest)
	l.rules.settle()
	return t
}

// neverNeg says that what stands behind a tree is never tried. A loop is told
// as such.
func neverNeg(t resolve.NameTree[target]) bool {
	return mayOf(t)&(mayNeg|mayLoop) == 0
}

// covers says whether a prefix matches all names that another one matches.
func covers(wide, narrow []string) bool {
	if len(wide) > len(narrow) {
		return false
	}
	for i, elem := range wide {
		if elem != "*" && elem != narrow[i] {
			return false
		}
	}
	return true
}

// alternates looks for alternates that are never tried.
func (l *linter) alternates() {
	for i, t := range l.trees {
		l.unreached(i, t, l.dtab[i].Dst, 0)
	}
}

// unreached looks at a tree whose first end has this number; written is the
// same tree with its names.
func (l *linter) unreached(entry int, t resolve.NameTree[target], written resolve.NameTree[resolve.Path], end int) {
	for i, sub := range t.Sub {
		l.unreached(entry, sub, written.Sub[i], end)
		end += ends(sub)
		if t.Op != resolve.Alt || i == len(t.Sub)-1 || !neverNeg(sub) {
			continue
		}
		l.find(Finding{
			Kind: kindUnreached, Pos: l.branchAt(entry, end),
			Problem: shown(resolve.ShowTree(written.Sub[i+1])) + " is never tried: " + shown(resolve.ShowTree(written.Sub[i])) + " before it is never Neg, even with nobody there",
			Advice:  "put it first, or delete it",
		})
		return
	}
}
