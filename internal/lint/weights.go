package lint

import (
	"strconv"

	"github.com/meshhop/meshhop/resolve"
)

// weights looks at weights that share nothing out.
func (l *linter) weights() {
	for i, e := range l.dtab {
		l.zeroWeights(i, e.Dst, 0)
	}
	for _, lone := range l.lone {
		weight, err := strconv.ParseFloat(lone.Weight, 64)
		entry, unread := resolve.ParseDtab("/ => " + lone.Tree) // a tree alone may not be so long
		if weight == 1 || err != nil || unread != nil {
			continue
		}
		text := strconv.FormatFloat(weight, 'f', -1, 64) + " * " + shown(groupText(entry[0].Dst))
		l.find(Finding{
			Kind: kindLoneWeight, Pos: lone.At,
			Problem: "the weight in " + text + " has no effect: nothing stands beside it to share with",
			Advice:  "join it to others by &, or leave the weight out",
		})
	}
}

// zeroWeights looks at a tree whose first end has this number.
func (l *linter) zeroWeights(entry int, t resolve.NameTree[resolve.Path], end int) {
	if t.Op == resolve.Union && noWeight(t) {
		l.find(Finding{
			Kind: kindZeroWeight, Error: true, Pos: l.branchAt(entry, end),
			Problem: "no branch of " + shown(resolve.ShowTree(t)) + " has a weight above zero, so requests that come here fail",
			Advice:  "give a branch a weight, or write ! to refuse requests",
		})
	}
	for _, sub := range t.Sub {
		l.zeroWeights(entry, sub, end)
		end += ends(sub)
	}
}

func noWeight(t resolve.NameTree[resolve.Path]) bool {
	for _, sub := range t.Sub {
		if sub.Weight > 0 {
			return false
		}
	}
	return true
}

// groupText is a tree as a branch, in parentheses if it needs them.
func groupText(t resolve.NameTree[resolve.Path]) string {
	if len(t.Sub) > 0 {
		return "(" + resolve.ShowTree(t) + ")"
	}
	return resolve.ShowTree(t)
}
