package dashboard

import (
	"strconv"
	"time"
)

// figureColumns are those that every kind of name has; metric is what its metrics begin
// with, such as "rt:client".
func figureColumns[T any](of func(T) *figures, metric string) []column[T] {
	latency := func(name, title string, share float64) column[T] {
		return column[T]{name: name, title: title, metric: metric + ":request_latency_ms", value: func(one T) any { return of(one).quantile(share) }}
	}
	return []column[T]{
		{name: "rate", title: "Req/s", metric: metric + ":requests", value: func(one T) any { return of(one).rate() }},
		{
			name: "success", title: "Success", metric: metric + ":success", value: func(one T) any { return of(one).share() },
			show: func(one T) cell {
				f := of(one)
				text, class := successRate(f.ended-f.failed, f.failed)
				return cell{Text: text, Class: class}
			},
		},
		latency("p50", "p50", 0.5), latency("p95", "p95", 0.95), latency("p99", "p99", 0.99), latency("max", "Max", 1),
		{name: "pending", title: "Pending", metric: metric + ":pending", value: func(one T) any { return float64(of(one).pending) },
			show: func(one T) cell { return cell{Text: strconv.FormatInt(of(one).pending, 10)} }},
		{name: "total", title: "Total", metric: metric + ":requests", value: func(one T) any { return of(one).success + of(one).failures }},
		{name: "failures", title: "Failed", metric: metric + ":failures", value: func(one T) any { return of(one).failures }},
	}
}

func retryColumn[T any](of func(T) *figures, title, metric string) column[T] {
	return column[T]{name: "retries", title: title, metric: metric, value: func(one T) any { return of(one).retryRate() }}
}

func nameColumn[T any](title string, of func(T) *figures, href func(*figures) string) column[T] {
	return column[T]{
		name: "name", title: title, still: true, value: func(one T) any { return of(one).name },
		show: func(one T) cell { return cell{Text: of(one).name, Href: href(of(one))} },
	}
}

// latencyNote is said below tables.
const latencyNote = "Rates and success are of the last 10 seconds, latencies of the last minute, up to the head of the response. Only the 50 busiest services and clients have latencies and a past."

func (d *Dashboard) serviceTable(all []*nameView, where at) *table {
	of := func(s *nameView) *figures { return &s.figures }
	columns := append([]column[*nameView]{nameColumn("Service", of, func(f *figures) string {
		return linkTo("service", "router", f.router, "service", f.name)
	})}, figureColumns(of, "rt:service")...)
	columns = append(columns, retryColumn(of, "Retries/s", "rt:service:retries:total"),
		column[*nameView]{name: "router", title: "Router", still: true, value: func(s *nameView) any { return s.router }})
	t := tableOf("services", "Services", all, func(s *nameView) string { return s.row }, columns, "-rate", where.URL)
	t.Empty = "No service has been asked for yet, or none lately."
	t.More = latencyNote
	return t
}

func (d *Dashboard) clientTable(all []*nameView, where at) *table {
	of := func(c *nameView) *figures { return &c.figures }
	columns := []column[*nameView]{{
		name: "name", title: "Client", still: true, value: func(c *nameView) any { return c.name },
		show: func(c *nameView) cell {
			one := cell{Text: c.name, Href: linkTo("client", "router", c.router, "client", c.name)}
			if prefix, name, ok := clientName(c.name); ok {
				one.Soft, one.Text = prefix, name
			}
			return one
		},
	}}
	columns = append(columns, figureColumns(of, "rt:client")...)
	columns = append(columns, retryColumn(of, "Requeues/s", "rt:client:retries:requeues"), column[*nameView]{
		name: "available", title: "Endpoints", metric: "rt:client:loadbalancer:available",
		value: func(c *nameView) any { return float64(c.set.available) },
		show: func(c *nameView) cell {
			one := cell{Text: strconv.Itoa(c.set.available) + " / " + strconv.Itoa(c.set.size)}
			switch {
			case c.set.available == 0:
				one.Class = rateBad
			case 2*c.set.available < c.set.size:
				one.Class = ratePoor
			}
			return one
		},
	}, column[*nameView]{
		name: "connections", title: "Conns", metric: "rt:client:connections", value: func(c *nameView) any {
			return float64(c.set.open)
		},
		show: func(c *nameView) cell {
			if c.set.open < 0 {
				return cell{Text: "–"}
			}
			return cell{Text: strconv.Itoa(c.set.open)}
		},
	})
	t := tableOf("clients", "Clients", all, func(c *nameView) string { return c.name }, columns, "-rate", where.URL)
	t.Empty = "No client is connected: nothing has been sent lately."
	return t
}

func (d *Dashboard) serverTable(all []*serverView, where at) *table {
	of := func(s *serverView) *figures { return &s.figures }
	columns := append([]column[*serverView]{nameColumn("Server", of, func(f *figures) string {
		return linkTo("requests", "router", f.router, "server", f.name)
	})}, figureColumns(of, "rt:server")...)
	columns = append(columns, column[*serverView]{
		name: "connections", title: "Conns", metric: "rt:server:connections", value: func(s *serverView) any { return float64(s.open) },
		show: func(s *serverView) cell { return cell{Text: strconv.Itoa(s.open)} },
	}, column[*serverView]{name: "refused", title: "Refused", metric: "meshhop_server_refused_total", value: func(s *serverView) any { return s.stats.Refused }},
		column[*serverView]{name: "heads", title: "Bad heads", metric: "meshhop_server_heads_refused_total", value: func(s *serverView) any { return s.badHeads }},
		bytesColumn("received", "Received", "rt:server:received_bytes", func(s *serverView) uint64 { return s.received }),
		bytesColumn("sent", "Sent", "rt:server:sent_bytes", func(s *serverView) uint64 { return s.sent }))
	t := tableOf("servers", "Servers", all, func(s *serverView) string { return s.name }, columns, "name", where.URL)
	t.Empty = "This router has no server."
	return t
}

// bytesColumn is a column of bytes since the start of the server.
func bytesColumn(name, title, metric string, of func(*serverView) uint64) column[*serverView] {
	return column[*serverView]{name: name, title: title, metric: metric,
		value: func(s *serverView) any { return of(s) },
		show:  func(s *serverView) cell { return cell{Text: showBytes(of(s))} }}
}

// figuresOf are the figures that head the page of a name.
func figuresOf(f *figures, metric string) []figure {
	text, class := successRate(f.ended-f.failed, f.failed)
	all := []figure{
		{Key: "rate", Label: "Requests/s", Text: showRate(f.rate()), Metric: metric + ":requests"},
		{Key: "success", Label: "Success rate", Text: text, Class: class, Metric: metric + ":success"},
	}
	for _, q := range []struct {
		key   string
		share float64
	}{{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}} {
		all = append(all, figure{Key: q.key, Label: q.key, Text: showValue(f.quantile(q.share)), Metric: metric + ":request_latency_ms"})
	}
	return append(all, figure{Key: "pending", Label: "Pending", Text: strconv.FormatInt(f.pending, 10), Metric: metric + ":pending"})
}

func durationOr(d time.Duration, otherwise string) string {
	if d <= 0 {
		return otherwise
	}
	return showLatency(d)
}
