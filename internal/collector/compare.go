package collector

import (
	"cmp"
	"slices"
)

// twin is a span of one trace and the one of another trace at the same place: with the same
// service, name and kind, below spans that are at the same place themselves. Either may be
// nil, not both.
type twin struct {
	a, b  *node
	depth int
}

// spanName is what spans at the same place have in common.
type spanName struct {
	service, name string
	kind          kind
	nth           int // of those with this name below one span
}

// twins returns the spans of two traces, those at the same place together, in depth-first
// order. It looks at each span a few times, and does not recurse.
func twins(a, b *tree) []twin {
	var out []twin
	stack := pairUp(a.roots, b.roots, 0)
	slices.Reverse(stack)
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		out = append(out, t)
		var below [2][]*node
		for i, n := range []*node{t.a, t.b} {
			if n != nil {
				below[i] = n.children
			}
		}
		for _, c := range slices.Backward(pairUp(below[0], below[1], t.depth+1)) {
			stack = append(stack, c)
		}
	}
	return out
}

// pairUp returns the spans of two lists in their order; those that only b has come before
// the one of b that they precede.
func pairUp(a, b []*node, depth int) []twin {
	names, at := nameAll(b), make(map[spanName]int, len(b))
	for i, n := range names {
		at[n] = i
	}
	var out []twin
	used := make([]bool, len(b))
	next := 0
	upTo := func(end int) {
		for ; next < end; next++ {
			if !used[next] {
				used[next] = true
				out = append(out, twin{nil, b[next], depth})
			}
		}
	}
	matched := nameAll(a)
	wanted := make(map[spanName]bool, len(a))
	for _, n := range matched {
		wanted[n] = true
	}
	// What a has, too, comes where it is in a.
	for i, n := range names {
		used[i] = wanted[n]
	}
	for i, n := range matched {
		j, ok := at[n]
		if !ok {
			out = append(out, twin{a[i], nil, depth})
			continue
		}
		upTo(j)
		out = append(out, twin{a[i], b[j], depth})
	}
	upTo(len(b))
	return out
}

func nameAll(list []*node) []spanName {
	out := make([]spanName, len(list))
	times := make(map[spanName]int, len(list))
	for i, n := range list {
		name := spanName{n.span.service(), n.span.name, n.span.kind, 0}
		times[name]++
		name.nth = times[name]
		out[i] = name
	}
	return out
}

const maxChanges = 5

// changes returns the twins whose own time, without that of the spans below them, differs
// most. A span that is in one trace alone has none in the other.
func changes(all []twin) []twin {
	differ := make([]twin, 0, len(all))
	own := make(map[twin]int64, len(all))
	for _, t := range all {
		if d := selfOf(t.b) - selfOf(t.a); d != 0 {
			own[t] = max(d, -d)
			differ = append(differ, t)
		}
	}
	slices.SortStableFunc(differ, func(x, y twin) int { return cmp.Compare(own[y], own[x]) })
	return differ[:min(len(differ), maxChanges)]
}

func selfOf(n *node) int64 {
	if n == nil {
		return 0
	}
	return n.self()
}
