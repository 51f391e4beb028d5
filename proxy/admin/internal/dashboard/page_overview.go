package dashboard

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// overview is /: all routers, each with its past.
func (d *Dashboard) overview(_ context.Context, s *snapshot, where at) (*page, *problem) {
	p := &page{Title: "Overview", Here: "/", Live: true}
	var pending int64
	var in, out int
	var rate, ended, failed float64
	for _, r := range s.routers {
		rate += r.rate()
		ended += r.ended
		failed += r.failed
		pending += r.pending
		for _, one := range r.servers {
			in += one.open
		}
		out += r.open
	}
	text, class := successRate(ended-failed, failed)
	p.Figures = []figure{
		{Key: "rate", Label: "Requests/s", Text: showRate(rate), Metric: "rt:server:requests"},
		{Key: "success", Label: "Success rate", Text: text, Class: class, Metric: "rt:server:success"},
		{Key: "pending", Label: "Pending", Text: strconv.FormatInt(pending, 10), Metric: "rt:server:pending"},
		{Key: "in", Label: "Incoming connections", Text: strconv.Itoa(in), Metric: "rt:server:connections"},
		{Key: "out", Label: "Outgoing connections", Text: strconv.Itoa(out), Metric: "rt:client:connections"},
		{Key: "uptime", Label: "Up", Text: showTime(time.Since(d.config.Started).Truncate(time.Second)), Metric: "process_start_time_seconds"},
	}
	of := func(r *routerView) *figures { return &r.figures }
	columns := append([]column[*routerView]{nameColumn("Router", of, func(f *figures) string { return linkTo("router", "router", f.name) })},
		figureColumns(of, "rt:server")...)
	columns = append(columns, retryColumn(of, "Retries/s", "rt:service:retries:total"),
		column[*routerView]{name: "services", title: "Services", value: func(r *routerView) any { return uint64(len(r.services)) }},
		column[*routerView]{name: "clients", title: "Clients", value: func(r *routerView) any { return uint64(len(r.clients)) }})
	t := tableOf("routers", "Routers", s.routers, func(r *routerView) string { return r.name }, columns, "", where.URL)
	t.Empty = "There is no router."
	p.Tables = []*table{t}
	p.Notes, p.TablesFirst = d.troubles(s), true
	for _, r := range s.routers[:min(len(s.routers), maxCharted)] {
		for _, one := range d.charts(p, r.name+"/", r.key, where)[:2] {
			one.Title = r.name + ": " + one.Title
			p.Charts = append(p.Charts, one)
		}
	}
	return p, nil
}

// maxTroubles bounds what is said to be wrong.
const maxTroubles = 20

// maxCharted is how many routers have charts on the overview.
const maxCharted = 6

// troubles are what whoever is on call should see first.
func (d *Dashboard) troubles(s *snapshot) []string {
	var all []string
	for _, r := range s.routers {
		for _, c := range r.dead {
			all = append(all, r.name+": no endpoint of "+c.name+" is alive ("+strconv.Itoa(c.set.size)+" are marked dead)")
		}
		if share := r.share(); share >= 0 && share < 0.99 {
			text, _ := successRate(r.ended-r.failed, r.failed)
			all = append(all, r.name+": only "+text+" of the requests of the last seconds succeed")
		}
	}
	if d.config.Findings != nil {
		for _, f := range d.config.Findings() {
			if f.Error && len(all) < maxTroubles {
				all = append(all, f.Where+": "+f.Text)
			}
		}
	}
	if d.config.Reloads != nil {
		if r := d.config.Reloads(); r.Problem != "" {
			all = append(all, "The configuration file was refused when it was last read: "+cut(r.Problem, maxText))
		}
	}
	return all
}

// charts are the charts of a name, and the two times that they can show.
func (d *Dashboard) charts(p *page, before string, k key, where at) []chart {
	p.Ranges = []crumb{
		{"10 minutes", with(where.URL, "range", ""), !where.long()},
		{"6 hours", with(where.URL, "range", "6h"), where.long()},
	}
	return chartsOf(before, d.history.pastOf(k, where.long()), where.long())
}

// routerOf finds the router that a page is about: the first one if none is named.
func routerOf(s *snapshot, where at) (*routerView, *problem) {
	label := where.get("router")
	r := s.router(label)
	if r == nil {
		return nil, &problem{http.StatusNotFound, "There is no router " + cut(label, maxText) + "."}
	}
	return r, nil
}

// routerPage is /router: its servers, services and clients.
func (d *Dashboard) routerPage(_ context.Context, s *snapshot, where at) (*page, *problem) {
	r, wrong := routerOf(s, where)
	if wrong != nil {
		return nil, wrong
	}
	p := &page{Title: "Router " + r.name, Here: "/", Live: true, Figures: figuresOf(&r.figures, "rt:server")}
	for _, one := range s.routers {
		p.Crumbs = append(p.Crumbs, crumb{one.name, linkTo("router", "router", one.name), one == r})
	}
	p.Figures = append(p.Figures, figure{Key: "retries", Label: "Retries/s", Text: showRate(r.retryRate()), Metric: "rt:service:retries:total"})
	budget := budgetOf(d.canRetry(r.name), r.ended, r.again)
	left := figure{Key: "budget", Label: "Retry budget available", Text: budget.Text, Class: budget.Class, Metric: "rt:service:retries:budget", Bar: &budget}
	if budget.Exhausted {
		left.Text += ", exhausted"
	}
	p.Figures = append(p.Figures, left)
	p.Charts = d.charts(p, "", r.key, where)
	p.Tables = []*table{d.serviceTable(r.services, where), d.clientTable(r.clients, where), d.serverTable(r.servers, where)}
	return p, nil
}

// services is /services: those of all routers.
func (d *Dashboard) services(_ context.Context, s *snapshot, where at) (*page, *problem) {
	p := &page{Title: "Services", Here: "/services", Live: true}
	var all []*nameView
	for _, r := range s.routers {
		all = append(all, r.services...)
	}
	p.Tables = []*table{d.serviceTable(all, where)}
	return p, nil
}
