package collector

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const maxSuggestedTraces = 10

type comparePage struct {
	A, B     *compared
	IDs      [2]string // as they were asked for
	Problem  string
	Similar  []result // traces to compare A with
	Changes  []twinRow
	Rows     []twinRow
	Spans    int // rows of all pages
	From, To int
	Previous string
	Next     string
	Only     string // how many spans are in one alone
	Took     difference
}

// compared is one of the two traces.
type compared struct {
	ID, Href             string
	Service, Name        string
	Duration, Start, ISO string
	Spans                int
	tree                 *tree
	took                 int64
}

type twinRow struct {
	Depth, Indent int
	Service, Name string
	Kind          string
	A, B          string // durations; "": not in this trace
	WidthA        string
	WidthB        string
	FailedA       bool
	FailedB       bool
	HrefA, HrefB  string
	difference
}

type difference struct {
	Text  string
	Class string // slower, faster or same
}

// comparePage shows two traces side by side.
func (c *Collector) comparePage(w http.ResponseWriter, r *http.Request) {
	v := r.URL.Query()
	body := &comparePage{IDs: [2]string{strings.TrimSpace(v.Get("a")), strings.TrimSpace(v.Get("b"))}}
	status := http.StatusOK
	for i, to := range []**compared{&body.A, &body.B} {
		text := body.IDs[i]
		if text == "" {
			continue
		}
		found, err := c.compared(text)
		if err != nil && body.Problem == "" {
			status, body.Problem = http.StatusNotFound, sentence(err)
		}
		*to = found
	}
	switch {
	case body.A != nil && body.B != nil:
		from, _ := strconv.Atoi(v.Get("from"))
		body.fill(from)
	case body.A != nil:
		body.Similar = c.similar(body.A, time.Now())
	}
	c.pages.write(w, status, "compare", page{Title: "Compare traces", Here: "compare", Body: body})
}

func (c *Collector) compared(text string) (*compared, error) {
	id, err := parseTraceID(strings.ToLower(text))
	if err != nil {
		return nil, fmt.Errorf("trace id: %w", err)
	}
	key, ok := c.store.either(id)
	v := c.store.lookup(key)
	if !ok || len(v.spans) == 0 {
		return nil, fmt.Errorf("there is no trace %s", id)
	}
	t := buildTree(v.spans)
	start, end := t.extent()
	top := t.top().span
	return &compared{
		ID: v.key.String(), Href: "/traces/" + v.key.String(), Service: top.service(), Name: top.name,
		Duration: showDuration(end - start), Start: showTime(start), ISO: isoTime(start), Spans: len(t.nodes), tree: t, took: end - start,
	}, nil
}

// similar returns the newest traces that begin as one does.
func (c *Collector) similar(a *compared, now time.Time) []result {
	q := query{service: a.Service, span: a.Name, endTs: now.UnixMilli(), lookback: now.UnixMilli(), limit: maxSuggestedTraces + 1}
	var out []result
	for _, r := range results(c.store.find(q), now) {
		if id := strings.TrimPrefix(r.Href, "/traces/"); id != a.ID && len(out) < maxSuggestedTraces {
			r.Href = compareLink(a.ID, id, 0)
			out = append(out, r)
		}
	}
	return out
}

func compareLink(a, b string, from int) string {
	v := url.Values{"a": {a}, "b": {b}}
	if from > 0 {
		v.Set("from", strconv.Itoa(from))
	}
	return "/compare?" + v.Encode()
}

// fill makes the rows from a number on.
func (p *comparePage) fill(from int) {
	all := twins(p.A.tree, p.B.tree)
	keys := [2]map[*node]string{keysOf(p.A.tree), keysOf(p.B.tree)}
	longest := max(p.A.took, p.B.took, 1)
	p.Spans, p.Took = len(all), compareTimes(p.A.took, p.B.took)
	var onlyA, onlyB int
	for _, t := range all {
		onlyA += btoi(t.b == nil)
		onlyB += btoi(t.a == nil)
	}
	p.Only = "Both have the same spans."
	if onlyA+onlyB > 0 {
		p.Only = "Only in A: " + plural(onlyA, "span") + ". Only in B: " + plural(onlyB, "span") + "."
	}
	for _, t := range changes(all) {
		row := p.row(t, keys, longest)
		row.A, row.B = ownTime(t.a, "A"), ownTime(t.b, "B")
		row.difference = compareTimes(selfOf(t.a), selfOf(t.b))
		p.Changes = append(p.Changes, row)
	}
	if from < 0 || from >= len(all) {
		from = 0
	}
	to := min(from+maxRows, len(all))
	for _, t := range all[from:to] {
		p.Rows = append(p.Rows, p.row(t, keys, longest))
	}
	p.From, p.To = from+1, to
	if from > 0 {
		p.Previous = compareLink(p.A.ID, p.B.ID, max(from-maxRows, 0))
	}
	if to < len(all) {
		p.Next = compareLink(p.A.ID, p.B.ID, to)
	}
}

func ownTime(n *node, trace string) string {
	if n == nil {
		return "not in " + trace
	}
	return showDuration(n.self()) + " in " + trace
}

func keysOf(t *tree) map[*node]string {
	out := make(map[*node]string, len(t.nodes))
	for _, n := range placeAll(t) {
		out[n.node] = n.key
	}
	return out
}

func (p *comparePage) row(t twin, keys [2]map[*node]string, longest int64) twinRow {
	n := t.a
	if n == nil {
		n = t.b
	}
	r := twinRow{
		Depth: t.depth + 1, Indent: min(t.depth, maxIndent), Service: n.span.service(), Name: n.span.name, Kind: kindClass(n.span.kind),
	}
	width := func(n *node) string { return percent(100 * min(float64(n.span.duration)/float64(longest), 1)) }
	if t.a != nil {
		r.A, r.WidthA, r.HrefA = showDuration(t.a.span.duration), width(t.a), rowLink(p.A, keys[0][t.a])
		_, r.FailedA = t.a.span.failure()
	}
	if t.b != nil {
		r.B, r.WidthB, r.HrefB = showDuration(t.b.span.duration), width(t.b), rowLink(p.B, keys[1][t.b])
		_, r.FailedB = t.b.span.failure()
	}
	switch {
	case t.a == nil:
		r.difference = difference{"only in B", "slower"}
	case t.b == nil:
		r.difference = difference{"only in A", "faster"}
	default:
		r.difference = compareTimes(t.a.span.duration, t.b.span.duration)
	}
	return r
}

func rowLink(c *compared, key string) string {
	s := traceState{path: c.Href, span: key}
	return s.with(func(*traceState) {})
}

// compareTimes says by how much a duration in b is longer than that in a.
func compareTimes(a, b int64) difference {
	d := b - a
	switch {
	case d == 0:
		return difference{"the same", "same"}
	case a == 0 || b == 0:
	default:
		share := 100 * float64(d) / float64(a)
		text := fmt.Sprintf("%+.0f %%", share)
		if b >= 10*a {
			text = "×" + decimal(float64(b)/float64(a))
		}
		if d < 0 {
			return difference{"−" + showDuration(-d) + " (" + strings.Replace(text, "-", "−", 1) + ")", "faster"}
		}
		return difference{"+" + showDuration(d) + " (" + text + ")", "slower"}
	}
	if d < 0 {
		return difference{"−" + showDuration(-d), "faster"}
	}
	return difference{"+" + showDuration(d), "slower"}
}
