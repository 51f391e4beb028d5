package collector

import (
	"net/http"
	"time"
)

const maxRows = 1000 // spans on one page

type tracePage struct {
	ID, JSON       string
	Download       string
	Compare        string
	Service, Name  string
	Duration       string
	Services       int
	Depth, Spans   int
	Start, ISO     string
	Ago            string
	Chips          []chip
	Filter         string
	All            string // without the filter
	Notices        []string
	Reading        []string
	Ticks          []tick
	Rows           []row
	Expand         string
	Collapse       string
	From, To       int
	Shown          int
	Previous, Next string
	Path           *pathList // nil: there is none
	OnlyPath       bool
	Waits          bool // a row shows a wait before an attempt
	Deadlines      bool // a row shows a deadline
	Guesses        []guess
}

type tick struct{ X, Anchor, Text string }

func (c *Collector) tracePage(w http.ResponseWriter, r *http.Request) {
	id, err := parseTraceID(r.PathValue("id"))
	if err != nil {
		c.pages.message(w, http.StatusBadRequest, "This is no trace id", "The trace id "+err.Error()+".")
		return
	}
	v := c.store.lookup(id)
	if key, ok := c.store.either(id); len(v.spans) == 0 && ok {
		// The id of a log may be longer than that of the spans.
		http.Redirect(w, r, "/traces/"+key.String(), http.StatusFound)
		return
	}
	if len(v.spans) == 0 {
		c.pages.message(w, http.StatusNotFound, "No such trace",
			"There is no trace with this id. It may have made room for newer ones, or its spans have not arrived yet.")
		return
	}
	t := buildTree(v.spans)
	s := readTraceState(r.URL)
	all := placeAll(t)
	body := newTracePage(t, all, s, time.Now())
	body.guess(c.store.guesses(v, t, all))
	if v.refused > 0 {
		body.Notices = append(body.Notices, plural(v.refused, "span")+" came after the trace had reached its bound and were not kept.")
	}
	switch {
	case v.byForm == len(v.spans):
		body.Notices = append(body.Notices, "This trace was uploaded from a file; no tracer sent it here.")
	case v.byForm > 0:
		body.Notices = append(body.Notices, plural(v.byForm, "span")+" of this trace came from a file that was uploaded.")
	}
	c.pages.write(w, http.StatusOK, "trace", page{Title: showService(body.Service) + ": " + showName(body.Name), Here: "trace", Body: body})
}

func newTracePage(t *tree, all []placed, s traceState, now time.Time) *tracePage {
	start, end := t.extent()
	top := t.top().span
	p := &tracePage{
		ID:   top.trace.String(),
		JSON: "/api/v2/trace/" + top.trace.String(), Download: "/traces/" + top.trace.String() + "/download",
		Compare: "/compare?a=" + top.trace.String(),
		Service: top.service(), Name: top.name,
		Duration: showDuration(end - start),
		Depth:    t.depth, Spans: len(t.nodes),
		Start: showTime(start), ISO: isoTime(start), Ago: showAgo(start, now),
		Chips:   chips(t),
		Filter:  s.service,
		All:     s.with(func(n *traceState) { n.service, n.critical, n.from = "", false, 0 }),
		Notices: notices(t, start, end),
		Reading: reading(t),
		Expand:  s.with(func(n *traceState) { n.collapsed, n.toggled, n.from = false, nil, 0 }),
		Collapse: s.with(func(n *traceState) {
			n.collapsed, n.toggled, n.from, n.span = true, nil, 0, ""
		}),
	}
	p.Services = len(p.Chips)
	for i := range p.Chips {
		ch := &p.Chips[i]
		ch.Selected = ch.Service == s.service && s.service != ""
		ch.Href = s.with(func(n *traceState) { n.service, n.from = ch.Service, 0 })
		if ch.Selected {
			ch.Href = p.All
		}
	}
	o := newOverlay(t)
	until := o.until(start, end)
	p.Ticks, p.OnlyPath = ticks(until-start), s.critical
	rows := make(map[*node]placed, len(all))
	for _, r := range all {
		rows[r.node] = r
	}
	p.Path = listPath(o.path, rows, s)
	p.lay(all, layout{state: s, start: start, end: until, overlay: o})
	return p
}

// guess adds guesses to the page and to its rows.
func (p *tracePage) guess(all []guess) {
	p.Guesses = all
	of := map[string][]guess{}
	for _, g := range all {
		of[g.Key] = append(of[g.Key], g)
	}
	for i := range p.Rows {
		p.Rows[i].Guesses = of[p.Rows[i].Key]
	}
}

// lay makes the rows of one page out of all visible nodes.
func (p *tracePage) lay(all []placed, l layout) {
	s := l.state
	visible := l.visible(all)
	p.Shown = len(visible)
	from := max(s.from, 0)
	if s.from == 0 && s.span != "" {
		// The selected span may be on a later page.
		for i, v := range visible {
			if v.key == s.span {
				from = i / maxRows * maxRows
			}
		}
	}
	if from >= len(visible) {
		from = 0
	}
	to := min(from+maxRows, len(visible))
	for _, v := range visible[from:to] {
		r := l.row(v)
		p.Rows = append(p.Rows, r)
		if r.Bar != nil {
			p.Waits, p.Deadlines = p.Waits || r.Bar.Wait != nil, p.Deadlines || r.Bar.Deadline != ""
		}
	}
	p.From, p.To = from+1, to
	if from > 0 {
		p.Previous = s.with(func(n *traceState) { n.from, n.span = max(from-maxRows, 0), "" })
	}
	if to < len(visible) {
		p.Next = s.with(func(n *traceState) { n.from, n.span = to, "" })
	}
}

func ticks(length int64) []tick {
	const n = 4
	out := make([]tick, 0, n+1)
	for i := range int64(n + 1) {
		anchor := "middle"
		switch i {
		case 0:
			anchor = "start"
		case n:
			anchor = "end"
		}
		at := length / n * i
		if i == n {
			at = length
		}
		text := showDuration(at)
		if i == 0 {
			text = "0"
		}
		out = append(out, tick{percent(float64(100*i) / n), anchor, text})
	}
	return out
}

// notices returns what a reader of the trace should know before trusting the picture.
func notices(t *tree, start, end int64) []string {
	var missing, looped, early, untimed int
	for _, n := range t.nodes {
		missing += btoi(n.missing)
		looped += btoi(n.looped)
		early += btoi(n.early() > 0)
		untimed += btoi(n.span.timestamp == 0)
	}
	var out []string
	add := func(n int, text string) {
		if n > 0 {
			out = append(out, plural(n, "span")+text)
		}
	}
	add(missing, " named a parent that was not reported (yet); shown at the top level.")
	add(looped, " followed in a loop of parents; shown at the top level.")
	add(early, " started before the parent did: the clocks of the hosts differ, so compare lengths rather than positions.")
	add(untimed, " came without a start time; no bar is drawn.")
	if roots := len(t.roots) - missing - looped; roots > 1 {
		out = append(out, "The trace has "+plural(roots, "root")+": several requests used the same trace id.")
	}
	if end-start > 24*3600_000_000 {
		out = append(out, "The spans lie more than a day apart: a clock may be wrong.")
	}
	return out
}
