package dashboard

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// servicePage is /service: what is tried for one name, and where it goes.
func (d *Dashboard) servicePage(_ context.Context, s *snapshot, where at) (*page, *problem) {
	r, wrong := routerOf(s, where)
	if wrong != nil {
		return nil, wrong
	}
	if where.get("service") == "" {
		return nil, &problem{http.StatusBadRequest, "Which service? Its name stands after service=; /services lists them."}
	}
	one := d.history.viewOf(key{ofService, r.name, where.get("service")})
	var stats router.ServiceStats
	known := false
	if one != nil {
		stats, known = r.router.ServiceStatsOf(one.id)
	}
	if !known {
		return nil, &problem{http.StatusNotFound, "The router " + r.name + " does not know the service " + cut(where.get("service"), maxText) +
			": nothing has asked for it lately."}
	}
	p := &page{Title: "Service " + one.name, Here: "/services", Live: true, Figures: figuresOf(&one.figures, "rt:service")}
	p.Crumbs = []crumb{{r.name, linkTo("router", "router", r.name), false},
		{"Last requests", linkTo("requests", "router", r.name, "service", one.name), false},
		{"Where it leads", linkTo("delegator", "router", r.name, "path", one.name), false}}
	retries := stats.Retries
	p.Figures = append(p.Figures,
		figure{Key: "retries", Label: "Retries/s", Text: showRate(one.retryRate()), Metric: "rt:service:retries:total"},
		figure{Key: "attempts", Label: "Attempts per request", Text: attempts(one.ended, one.again), Metric: "rt:service:retries:per_request"},
		figure{Key: "budget", Label: "Retries left in the budget", Text: strconv.FormatInt(retries.Budget, 10), Metric: "rt:service:retries:budget"})
	p.Charts = d.charts(p, "", one.key, where)
	latencies := r.router.View().LatenciesAt([]resolve.Path{one.id}, nil)
	p.Tables = []*table{d.slowest(one.key, where), d.exemplars(latencies.Services[one.id], latencies.Born, where), pairTable(r, one.id, where), retryTable(retries, where)}
	return p, nil
}

// maxSlowest is how many of the slowest requests the page of a service has.
const maxSlowest = 10

// slowest are the requests of a service that took longest, of those that are remembered:
// each leads to where its time went, and to its trace.
func (d *Dashboard) slowest(of key, where at) *table {
	all := slices.DeleteFunc(d.history.requests.list(), func(r request) bool { return r.router != of.router || r.service != of.name })
	slices.SortFunc(all, func(a, b request) int { return cmp.Or(cmp.Compare(b.end, a.end), cmp.Compare(b.seq, a.seq)) })
	all = all[:min(len(all), maxSlowest)]
	t := tableOf("slowest", "The slowest requests of late", all, func(r request) string { return strconv.FormatUint(r.seq, 10) }, d.requestColumns(false), "", where.URL)
	t.Empty = "None that ended lately is remembered."
	t.More = "Of the last " + strconv.Itoa(recentRequests) + " requests to this hop, and the last " + strconv.Itoa(recentFailures) + " that failed. The time leads to the phases, the id to the trace."
	return t
}

func attempts(ended, again float64) string {
	if ended <= 0 {
		return "–"
	}
	return strconv.FormatFloat((ended+again)/ended, 'f', 2, 64)
}

// reason is why a request was sent again, or not.
type reason struct {
	key, text, metric string
	n                 uint64
}

func retryTable(r router.RetryStats, where at) *table {
	all := []reason{
		{"made", "sent again", "rt:service:retries:total", r.Total},
		{"budget", "not: the budget of the service was used up", "rt:service:retries:budget_exhausted", r.BudgetExhausted},
		{"set", "not: the budget was used up at the replica set", "meshhop_service_retries_refused_total", r.SetExhausted},
		{"limit", "not: the request had reached its limit of retries", "meshhop_service_retries_refused_total", r.LimitReached},
		{"body", "not: its body could not be sent again", "meshhop_service_retries_refused_total", r.NotReplayable},
		{"long-response", "not: the response was too long to be held back until its end", "meshhop_service_retries_refused_total", r.ResponseTooLong},
		{"late-response", "not: the response took too long to be held back until its end", "meshhop_service_retries_refused_total", r.ClassificationTimeout},
		{"late", "not: the backoff was longer than the time left", "meshhop_service_retries_refused_total", r.TooLate},
	}
	return tableOf("retries", "Retryable failures", all, func(r reason) string { return r.key }, []column[reason]{
		{name: "what", title: "What became of them", value: func(r reason) any { return r.text }, still: true},
		{name: "count", title: "Count", metric: "rt:service:retries:total", value: func(r reason) any { return r.n }},
	}, "", where.URL)
}

// pairTable are the clients that the requests of a service went to.
func pairTable(r *routerView, service resolve.Path, where at) *table {
	quantile := func(name, title string, share float64) column[histogram.Pair] {
		return column[histogram.Pair]{name: name, title: title, metric: "rt:client:service:request_latency_ms", value: func(p histogram.Pair) any {
			total := p.Latency.Total().Recent
			return (&figures{latency: &total}).quantile(share)
		}}
	}
	t := tableOf("pairs", "Clients that it goes to", r.router.View().Pairs(service), func(p histogram.Pair) string { return p.Client.String() }, []column[histogram.Pair]{
		{
			name: "client", title: "Client", still: true, value: func(p histogram.Pair) any { return p.Client.String() },
			show: func(p histogram.Pair) cell {
				return cell{Text: p.Client.String(), Href: linkTo("client", "router", r.name, "client", p.Client.String())}
			},
		},
		{name: "success", title: "Succeeded", metric: "rt:client:service:success", value: func(p histogram.Pair) any { return p.Success }},
		{name: "failures", title: "Failed", metric: "rt:client:service:failures", value: func(p histogram.Pair) any { return p.Failures }},
		{name: "pending", title: "Pending", metric: "rt:client:service:pending", value: func(p histogram.Pair) any { return float64(p.Pending) }},
		quantile("p50", "p50", 0.5), quantile("p95", "p95", 0.95), quantile("p99", "p99", 0.99),
	}, "-success", where.URL)
	t.Empty = "None is known: a router tells 200 pairs of a service and a client apart."
	return t
}
