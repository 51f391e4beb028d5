package resolve

import (
	"strconv"
	"strings"
)

// ShowTree prints a tree so that [ParseTree] reads the same tree again. A
// weight of 1 is left out and others print as the shortest decimal that is
// exactly that number. A weight must not be negative, infinite or NaN.
func ShowTree(t NameTree[Path]) string {
	var b strings.Builder
	showTree(&b, t)
	return b.String()
}

func showTree(b *strings.Builder, t NameTree[Path]) {
	if t.Op != Alt || len(t.Sub) == 0 {
		showUnion(b, t)
		return
	}
	for i, sub := range t.Sub {
		if i > 0 {
			b.WriteString(" | ")
		}
		if sub.Op == Alt {
			showSimple(b, sub)
		} else {
			showUnion(b, sub)
		}
	}
}

func showUnion(b *strings.Builder, t NameTree[Path]) {
	if t.Op != Union || len(t.Sub) == 0 {
		showSimple(b, t)
		return
	}
	for i, sub := range t.Sub {
		if i > 0 {
			b.WriteString(" & ")
		}
		if sub.Weight != 1 {
			b.WriteString(strconv.FormatFloat(sub.Weight, 'f', -1, 64))
			b.WriteByte('*')
		}
		showSimple(b, sub)
	}
}

func showSimple(b *strings.Builder, t NameTree[Path]) {
	switch {
	case t.Op == Leaf:
		b.WriteString(t.Leaf.String())
	case t.Op == Fail:
		b.WriteByte('!')
	case t.Op == Empty:
		b.WriteByte('$')
	case len(t.Sub) == 0:
		b.WriteByte('~')
	default:
		b.WriteByte('(')
		showTree(b, t)
		b.WriteByte(')')
	}
}
