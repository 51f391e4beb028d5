package tracetest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/trace"
)

// Node is a span with the spans below it, in the order in which they started.
type Node struct {
	Record   *trace.Record
	Children []*Node
	// Orphan is set for a top node that has a parent which is not there.
	Orphan bool
}

type spanKey struct {
	trace oteltrace.TraceID
	span  oteltrace.SpanID
}

// Tree puts records under their parents and returns the top nodes, those of
// all traces, in the order in which they started. It takes any input: of two
// spans with one id the later is a node without children, and spans that are
// their own ancestors are left out. Check finds both.
func Tree(records []*trace.Record) []*Node {
	sorted := slices.Clone(records)
	slices.SortStableFunc(sorted, func(a, b *trace.Record) int {
		return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.Service, b.Service), strings.Compare(a.Name, b.Name))
	})
	byID := make(map[spanKey]*Node, len(sorted))
	nodes := make([]*Node, len(sorted))
	for i, r := range sorted {
		nodes[i] = &Node{Record: r}
		if key := (spanKey{r.Trace, r.Span}); byID[key] == nil {
			byID[key] = nodes[i]
		}
	}
	var tops []*Node
	for _, n := range nodes {
		parent := byID[spanKey{n.Record.Trace, n.Record.Parent}]
		switch {
		case !n.Record.Parent.IsValid():
			tops = append(tops, n)
		case parent == nil:
			n.Orphan = true
			tops = append(tops, n)
		default:
			parent.Children = append(parent.Children, n)
		}
	}
	return tops
}

// Spans returns the nodes of a tree, each before its children.
func Spans(tops []*Node) []*trace.Record {
	var all []*trace.Record
	walk(tops, func(n *Node, _ int) { all = append(all, n.Record) })
	return all
}

// Depth returns the number of levels of a tree.
func Depth(tops []*Node) int {
	deepest := 0
	walk(tops, func(_ *Node, level int) { deepest = max(deepest, level+1) })
	return deepest
}

// walk takes no more stack for a deep tree than for a flat one.
func walk(tops []*Node, f func(n *Node, level int)) {
	type step struct {
		n     *Node
		level int
	}
	var todo []step
	push := func(nodes []*Node, level int) {
		for _, n := range slices.Backward(nodes) {
			todo = append(todo, step{n, level})
		}
	}
	push(tops, 0)
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		f(s.n, s.level)
		push(s.n.Children, s.level+1)
	}
}

// Format writes a tree the way AssertTree wants it: a line for each span,
//
//	server 127.0.0.1/4140 "outgoing /svc/hello"
//
// its kind, its service and its name, indented by two spaces for each level. A
// service name that is empty or has spaces is quoted. The line of an orphan
// ends in (orphan).
func Format(tops []*Node) string {
	var b strings.Builder
	walk(tops, func(n *Node, level int) {
		r := n.Record
		service := r.Service
		if service == "" || strings.ContainsAny(service, " \t\n\"") {
			service = strconv.Quote(service)
		}
		fmt.Fprintf(&b, "%s%s %s %q", strings.Repeat("  ", level), r.Kind, service, r.Name)
		if n.Orphan {
			b.WriteString(" (orphan)")
		}
		b.WriteByte('\n')
	})
	return b.String()
}
