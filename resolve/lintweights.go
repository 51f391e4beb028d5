package resolve

import (
	"strconv"
	"strings"
)

// weights looks at weights that share nothing out.
func (l *linter) weights() {
	for i, e := range l.dtab {
		l.zeroWeights(i, e.Dst, 0)
	}
	for _, m := range l.marks.alones {
		text := showWeight(m.tree.Weight) + " * " + shown(groupText(m.tree))
		l.find(Finding{
			Kind: FoundLoneWeight, Pos: m.at,
			Problem: "the weight in " + text + " has no effect: nothing stands beside it to share with",
			Advice:  "join it to others by &, or leave the weight out",
		})
	}
}

// zeroWeights looks at a tree whose first end has this number.
func (l *linter) zeroWeights(entry int, t NameTree[Path], end int) {
	if t.Op == Union && noWeight(t) {
		l.find(Finding{
			Kind: FoundZeroWeight, Error: true, Pos: l.branchAt(entry, end),
			Problem: "no branch of " + shown(ShowTree(t)) + " has a weight above zero, so requests that come here fail",
			Advice:  "give a branch a weight, or write ! to refuse requests",
		})
	}
	for _, sub := range t.Sub {
		l.zeroWeights(entry, sub, end)
		end += ends(sub)
	}
}

func noWeight(t NameTree[Path]) bool {
	for _, sub := range t.Sub {
		if sub.Weight > 0 {
			return false
		}
	}
	return true
}

func showWeight(w float64) string { return strconv.FormatFloat(w, 'f', -1, 64) }

// groupText is a tree as a branch, in parentheses if it needs them.
func groupText(t NameTree[Path]) string {
	var b strings.Builder
	showSimple(&b, t)
	return b.String()
}
