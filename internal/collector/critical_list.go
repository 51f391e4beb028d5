package collector

import (
	"cmp"
	"slices"
)

const maxPathRows = 20 // of the list; the waterfall shows all

// pathList is the critical path as a list: how much of it each span is.
type pathList struct {
	Rows   []pathRow
	Spans  int    // on the path
	Length string // of the path
	Rest   string // share of the spans that are not in Rows; "": all are
	More   int    // such spans
	Href   string // the waterfall of the path alone
}

type pathRow struct {
	Number         int
	Service, Name  string
	Href           string
	Duration, Part string
	Width          string
}

// pathTime is how long a span is on the critical path.
type pathTime struct {
	number int
	key    string
	node   *node
	micros int64
}

// listPath returns the spans of a path, those with the longest time on it first.
func listPath(path []segment, rows map[*node]placed, s traceState) *pathList {
	if len(path) == 0 {
		return nil
	}
	at := map[*node]int{}
	var times []pathTime
	whole := int64(0)
	for _, g := range path {
		i, ok := at[g.node]
		if !ok {
			i = len(times)
			at[g.node] = i
			times = append(times, pathTime{rows[g.node].number, rows[g.node].key, g.node, 0})
		}
		times[i].micros += g.to - g.from
		whole += g.to - g.from
	}
	slices.SortStableFunc(times, func(a, b pathTime) int {
		return cmp.Or(cmp.Compare(b.micros, a.micros), cmp.Compare(a.number, b.number))
	})
	share := func(micros int64) float64 { return 100 * float64(micros) / float64(whole) }
	l := &pathList{Spans: len(times), Length: showDuration(whole), Href: s.with(func(n *traceState) { n.critical, n.from, n.span = true, 0, "" })}
	rest := int64(0)
	for i, t := range times {
		if i >= maxPathRows {
			l.More++
			rest += t.micros
			continue
		}
		l.Rows = append(l.Rows, pathRow{
			Number: t.number, Service: t.node.span.service(), Name: t.node.span.name,
			Href:     s.with(func(n *traceState) { n.span, n.from = t.key, 0 }),
			Duration: showDuration(t.micros), Part: showShare(share(t.micros)), Width: percent(share(t.micros)),
		})
	}
	if l.More > 0 {
		l.Rest = showShare(share(rest))
	}
	return l
}
