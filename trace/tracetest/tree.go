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

// node is a span with the spans below it, in the order in which they started.
type node struct {
	record   *trace.Record
	children []*node
	// orphan is set for a top node that has a parent which is not there.
	orphan bool
}

type spanKey struct {
	trace oteltrace.TraceID
	span  oteltrace.SpanID
}

// treeOf puts records under their parents and returns the top nodes, those of
// all traces, in the order in which they started. It takes any input: of two
// spans with one id the later is a node without children, and spans that are
// their own ancestors are left out. check finds both.
func treeOf(records []*trace.Record) []*node {
	sorted := slices.Clone(records)
	slices.SortStableFunc(sorted, func(a, b *trace.Record) int {
		return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.Service, b.Service), strings.Compare(a.Name, b.Name))
	})
	byID := make(map[spanKey]*node, len(sorted))
	nodes := make([]*node, len(sorted))
	for i, r := range sorted {
		nodes[i] = &node{record: r}
		if key := (spanKey{r.Trace, r.Span}); byID[key] == nil {
			byID[key] = nodes[i]
		}
	}
	var tops []*node
	for _, n := range nodes {
		parent := byID[spanKey{n.record.Trace, n.record.Parent}]
		switch {
		case !n.record.Parent.IsValid():
			tops = append(tops, n)
		case parent == nil:
			n.orphan = true
			tops = append(tops, n)
		default:
			parent.children = append(parent.children, n)
		}
	}
	return tops
}

// walk takes no more stack for a deep tree than for a flat one.
func walk(tops []*node, f func(n *node, level int)) {
	type step struct {
		n     *node
		level int
	}
	var todo []step
	push := func(nodes []*node, level int) {
		for _, n := range slices.Backward(nodes) {
			todo = append(todo, step{n, level})
		}
	}
	push(tops, 0)
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		f(s.n, s.level)
		push(s.n.children, s.level+1)
	}
}

// Format returns records as a tree, the way AssertTree wants it: a line for each
// span,
//
//	server 127.0.0.1/4140 "outgoing /svc/hello"
//
// its kind, its service and its name, indented by two spaces for each level. A
// service name that is empty or has spaces is quoted. The line of an orphan
// ends in (orphan).
func Format(records []*trace.Record) string {
	var b strings.Builder
	walk(treeOf(records), func(n *node, level int) {
		r := n.record
		service := r.Service
		if service == "" || strings.ContainsAny(service, " \t\n\"") {
			service = strconv.Quote(service)
		}
		fmt.Fprintf(&b, "%s%s %s %q", strings.Repeat("  ", level), r.Kind, service, r.Name)
		if n.orphan {
			b.WriteString(" (orphan)")
		}
		b.WriteByte('\n')
	})
	return b.String()
}
