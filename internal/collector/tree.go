package collector

import (
	"cmp"
	"slices"
)

// node is a merged span and its place in the trace.
type node struct {
	span     *span
	parent   *node
	children []*node // by timestamp
	depth    int     // 0 at the top
	missing  bool    // its parent was named but not reported
	looped   bool    // it was its own ancestor and is shown at the top
}

// tree is a trace in depth-first order: each node is followed by its descendants.
type tree struct {
	nodes []*node
	roots []*node // everything without a reported parent, by timestamp
	first *node   // the root that names no parent; nil: none does
	depth int     // levels
}

type sharedKey struct {
	id uint64
	at endpoint
}

func buildTree(spans []*span) *tree {
	merged := merge(spans)
	nodes := make([]*node, len(merged))
	plain := make(map[uint64]*node, len(merged))
	shared := map[uint64]*node{}
	sharedAt := map[sharedKey]*node{}
	for i, s := range merged {
		n := &node{span: s}
		nodes[i] = n
		switch {
		case !s.shared:
			plain[s.id] = n
		default:
			shared[s.id] = n
			if s.local != nil {
				sharedAt[sharedKey{s.id, *s.local}] = n
			}
		}
	}
	t := &tree{}
	for _, n := range nodes {
		n.parent = findParent(n.span, plain, shared, sharedAt)
		n.missing = n.parent == nil && n.span.parent != 0
		if t.first == nil && n.span.parent == 0 && !n.span.shared {
			t.first = n
		}
	}
	cutLoops(nodes)
	for _, n := range nodes {
		if n.parent == nil {
			t.roots = append(t.roots, n)
		} else {
			n.parent.children = append(n.parent.children, n)
		}
	}
	t.order()
	return t
}

func findParent(s *span, plain, shared map[uint64]*node, sharedAt map[sharedKey]*node) *node {
	if s.shared {
		if client := plain[s.id]; client != nil {
			return client
		}
	}
	if s.parent == 0 {
		return nil
	}
	// If a client and a server share the parent id, the parent is the server if that is
	// of the same process, and else the client.
	if s.local != nil {
		if n := sharedAt[sharedKey{s.parent, *s.local}]; n != nil && n.span != s {
			return n
		}
	}
	if n := plain[s.parent]; n != nil {
		return n
	}
	if n := shared[s.parent]; n != nil && n.span != s {
		return n
	}
	return nil
}

// cutLoops makes the earliest span of each loop a root.
func cutLoops(nodes []*node) {
	state := make(map[*node]int, len(nodes)) // 0 new, otherwise the walk that saw it
	for walk, n := range nodes {
		at := n
		for at != nil && state[at] == 0 {
			state[at] = walk + 1
			at = at.parent
		}
		if at == nil || state[at] != walk+1 {
			continue
		}
		earliest := at
		for o := at.parent; o != at; o = o.parent {
			if o.span.timestamp < earliest.span.timestamp {
				earliest = o
			}
		}
		earliest.parent, earliest.looped = nil, true
	}
}

// order sorts siblings and lays out all nodes. It does not recurse, because a stranger
// chooses how deep a trace is.
func (t *tree) order() {
	byStart := func(a, b *node) int {
		return cmp.Or(cmp.Compare(a.span.timestamp, b.span.timestamp), cmp.Compare(a.span.id, b.span.id))
	}
	slices.SortStableFunc(t.roots, byStart)
	stack := slices.Clone(t.roots)
	slices.Reverse(stack)
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		t.nodes = append(t.nodes, n)
		t.depth = max(t.depth, n.depth+1)
		slices.SortStableFunc(n.children, byStart)
		for _, c := range slices.Backward(n.children) {
			c.depth = n.depth + 1
			stack = append(stack, c)
		}
	}
}
