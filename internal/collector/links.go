package collector

import (
	"cmp"
	"slices"
)

// link counts how often one service called another, in the way that Zipkin counts.
type link struct {
	Parent     string `json:"parent"`
	Child      string `json:"child"`
	CallCount  int    `json:"callCount"`
	ErrorCount int    `json:"errorCount,omitempty"`
}

type edge struct{ parent, child string }

type linker map[edge]*link

func (l linker) add(parent, child string, failed bool) {
	e := edge{parent, child}
	k := l[e]
	if k == nil {
		k = &link{Parent: parent, Child: child}
		l[e] = k
	}
	k.CallCount++
	k.ErrorCount += btoi(failed)
}

func (l linker) links() []link {
	out := make([]link, 0, len(l))
	for _, k := range l {
		out = append(out, *k)
	}
	slices.SortFunc(out, func(a, b link) int {
		return cmp.Or(cmp.Compare(a.Parent, b.Parent), cmp.Compare(a.Child, b.Child))
	})
	return out
}

// trace counts the calls of one trace. A call is counted at its server span. It is counted
// at its client span only if nothing below that was reported.
func (l linker) trace(spans []*span) {
	t := buildTree(spans)
	callers := t.callers()
	for _, n := range t.nodes {
		l.node(t, n, callers[n])
	}
}

func (l linker) node(t *tree, n *node, a *span) {
	s := n.span
	own, other, k := s.service(), s.remoteService(), s.kind
	if k == kindClient && t.hasChildren(n) {
		return
	}
	if k == kindNone {
		if own == "" || other == "" {
			return
		}
		k = kindClient
	}
	parent, child := own, other
	if k == kindServer || k == kindConsumer {
		parent, child = other, own
		if n == t.first && parent == "" {
			return
		}
	}
	_, failed := s.tag("error")
	if k == kindProducer || k == kindConsumer {
		if parent != "" && child != "" {
			l.add(parent, child, failed)
		}
		return
	}
	if a != nil && a.service() != "" {
		if k == kindClient && own != "" && a.service() != own {
			// The client reported the name of the called service as its own.
			l.add(a.service(), own, false)
		}
		if k == kindServer || parent == "" {
			parent = a.service()
		}
		if !failed && a.kind == kindClient && s.parent == a.id {
			_, failed = a.tag("error")
		}
	}
	if parent != "" && child != "" {
		l.add(parent, child, failed)
	}
}

func (t *tree) hasChildren(n *node) bool {
	return len(n.children) > 0 || n == t.first && len(t.roots) > 1
}

// callers returns for each node the nearest span above it that has a kind. A span whose
// parent was not reported counts as called by the root.
func (t *tree) callers() map[*node]*span {
	nearest := make(map[*node]*span, len(t.nodes))
	for _, n := range t.nodes { // parents come first
		above := n.parent
		if above == nil && n != t.first {
			above = t.first
		}
		switch {
		case above == nil:
		case above.span.kind != kindNone:
			nearest[n] = above.span
		default:
			nearest[n] = nearest[above]
		}
	}
	return nearest
}
