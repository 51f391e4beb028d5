package dashboard

import (
	"context"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/h1"
)

// clientPage is /client: the replicas of one set, and the state of each.
func (d *Dashboard) clientPage(_ context.Context, s *snapshot, where at) (*page, *problem) {
	r, wrong := routerOf(s, where)
	if wrong != nil {
		return nil, wrong
	}
	if where.get("client") == "" {
		return nil, &problem{http.StatusBadRequest, "Which client? Its name stands after client=; /router lists them."}
	}
	one := d.history.viewOf(key{ofClient, r.name, where.get("client")})
	var stats router.ClientStats
	known := false
	if one != nil {
		stats, known = r.router.ClientStatsOf(one.id)
	}
	if !known {
		return nil, &problem{http.StatusNotFound, "The router " + r.name + " has no client " + cut(where.get("client"), maxText) + ": nothing has gone there lately."}
	}
	p := &page{Title: "Client " + one.name, Here: "/", Live: true, Figures: figuresOf(&one.figures, "rt:client")}
	p.Crumbs = []crumb{{r.name, linkTo("router", "router", r.name), false}, {"Last requests", linkTo("requests", "router", r.name, "client", one.name), false}}
	b := stats.Balance
	class := ""
	if b.Available < b.Size {
		class = ratePoor
	}
	p.Figures = append(p.Figures,
		figure{Key: "available", Label: "Endpoints open", Text: strconv.Itoa(b.Available) + " / " + strconv.Itoa(b.Size), Class: class, Metric: "rt:client:loadbalancer:available"},
		figure{Key: "removals", Label: "Marked dead", Text: showCount(b.Removals), Metric: "rt:client:failure_accrual:removals"},
		figure{Key: "revivals", Label: "Revived", Text: showCount(b.Revivals), Metric: "rt:client:failure_accrual:revivals"},
		figure{Key: "requeues", Label: "Requeues", Text: showCount(stats.Requeues.Total), Metric: "rt:client:retries:requeues"},
		figure{Key: "budget", Label: "Requeues left in the budget", Text: strconv.FormatInt(stats.Requeues.Budget, 10), Metric: "rt:client:retries:budget"})
	if c := stats.Connections; c != nil {
		p.Figures = append(p.Figures,
			figure{Key: "connections", Label: "Connections (idle)", Text: strconv.Itoa(c.Open) + " (" + strconv.Itoa(c.Idle) + ")", Metric: "rt:client:connections"},
			figure{Key: "waiters", Label: "Waiting for one", Text: strconv.Itoa(c.Waiters), Metric: "rt:client:pool_waiters"},
			figure{Key: "connect_failures", Label: "Failed to connect", Text: showCount(c.ConnectFailures), Metric: "meshhop_client_connect_failures_total"})
	}
	state, _ := r.router.View().ClientState(one.id)
	p.Figures = append(p.Figures, figure{Key: "told", Label: "Addresses given", Text: ago(state.Told)})
	if state.Err != nil {
		p.Notes = append(p.Notes, "The namer says: "+cut(state.Err.Error(), maxText))
	}
	if state.Unresolved != "" {
		p.Notes = append(p.Notes, "Without an address: "+cut(state.Unresolved, maxText))
	}
	if state.LastErr != nil && state.Err == nil {
		p.Notes = append(p.Notes, "The namer failed "+ago(state.Erred)+": "+cut(state.LastErr.Error(), maxText)+". The addresses that it had given stay in use.")
	}
	if state.Resting {
		p.Notes = append(p.Notes, "Nobody has used this client for a while: the addresses are those that were known last.")
	}
	p.Charts = d.charts(p, "", one.key, where)
	t := endpointTable(state, one, where)
	t.More = "Balancer: " + state.Balancer + ". Failure accrual: " + state.Accrual + ". Time until a probe: " + state.Backoff + "."
	latencies := r.router.View().LatenciesAt(nil, []resolve.Path{one.id})
	p.Tables = []*table{t, statusTable(stats, where), d.exemplars(latencies.Clients[one.id], latencies.Born, where)}
	return p, nil
}

func endpointTable(state routerview.ClientState, one *nameView, where at) *table {
	count := func(name, title string, of func(*h1.Stats) int) column[routerview.EndpointState] {
		return column[routerview.EndpointState]{
			name: name, title: title, metric: "rt:client:connections",
			value: func(e routerview.EndpointState) any {
				if e.Connections == nil {
					return 0.0
				}
				return float64(of(e.Connections))
			},
			show: func(e routerview.EndpointState) cell {
				if e.Connections == nil {
					return cell{Text: "–"}
				}
				return cell{Text: strconv.Itoa(of(e.Connections))}
			},
		}
	}
	t := tableOf("endpoints", "Endpoints", state.Endpoints, func(e routerview.EndpointState) string { return addressOf(e.Address.AddrPort) }, []column[routerview.EndpointState]{
		{
			name: "address", title: "Address", still: true, value: func(e routerview.EndpointState) any { return addressOf(e.Address.AddrPort) },
			show: func(e routerview.EndpointState) cell {
				a := addressOf(e.Address.AddrPort)
				return cell{Text: a, Href: linkTo("requests", "router", one.router, "endpoint", a)}
			},
		},
		{name: "state", title: "State", value: func(e routerview.EndpointState) any { return e.State }, show: showState},
		{name: "left", title: "Until probe", value: func(e routerview.EndpointState) any { return e.Left }, show: func(e routerview.EndpointState) cell {
			switch {
			case e.Left > 0:
				return cell{Text: showTime(e.Left.Truncate(time.Second / 10))}
			case e.Left < 0:
				return cell{Text: "none: it has left"}
			}
			return cell{Text: "–"}
		}},
		{name: "weight", title: "Weight", value: func(e routerview.EndpointState) any { return e.Address.Weight }, show: func(e routerview.EndpointState) cell {
			return cell{Text: strconv.FormatFloat(e.Address.Weight, 'g', 4, 64)}
		}},
		{name: "pending", title: "Pending", value: func(e routerview.EndpointState) any { return float64(e.Pending) }, show: func(e routerview.EndpointState) cell {
			return cell{Text: strconv.FormatInt(e.Pending, 10)}
		}},
		{name: "ewma", title: "Expected", value: func(e routerview.EndpointState) any { return e.Latency }, show: func(e routerview.EndpointState) cell { return cell{Text: durationOr(e.Latency, "–")} }},
		{name: "requests", title: "Attempts", value: func(e routerview.EndpointState) any { return e.Requests }},
		{name: "success", title: "Success", value: func(e routerview.EndpointState) any { return shareOf(e) }, show: func(e routerview.EndpointState) cell {
			over := ended(e)
			text, class := successRate(over-float64(e.Failures), float64(e.Failures))
			return cell{Text: text, Class: class}
		}},
		count("open", "Conns", func(c *h1.Stats) int { return c.Open }),
		count("idle", "Idle", func(c *h1.Stats) int { return c.Idle }),
		{name: "error", title: "Last error", value: func(e routerview.EndpointState) any { return e.LastFailure }, show: func(e routerview.EndpointState) cell {
			return showError(e.LastFailure, e.Failed)
		}},
	}, "address", where.URL)
	t.Empty = "There is no endpoint."
	return t
}

// ended are the attempts that are over.
func ended(e routerview.EndpointState) float64 {
	return max(float64(e.Requests)-float64(e.Pending), float64(e.Failures))
}

func shareOf(e routerview.EndpointState) float64 {
	if over := ended(e); over > 0 {
		return 1 - float64(e.Failures)/over
	}
	return -1
}

func showState(e routerview.EndpointState) cell {
	one := cell{Text: stateText(e.State)}
	if e.Deaths > 1 {
		one.Text += ", " + strconv.Itoa(e.Deaths) + " times in a row"
	}
	switch e.State {
	case "alive":
		one.Class = rateGood
	case "dead":
		one.Class = rateBad
	default:
		one.Class = ratePoor
	}
	return one
}

// stateText is a state of an endpoint, in more words where its name does not say enough.
func stateText(state string) string {
	switch state {
	case "due":
		return "dead, probe due"
	case "probing":
		return "dead, probed now"
	}
	return state
}

// ago is how long something is past.
func ago(at time.Time) string {
	if at.IsZero() {
		return "–"
	}
	return showTime(max(time.Since(at), 0).Truncate(time.Second)) + " ago"
}

// showError is what went wrong last, and when.
func showError(text string, at time.Time) cell {
	if text == "" {
		return cell{Text: "–"}
	}
	return cell{Text: ago(at) + ": " + cut(text, 160)}
}

func addressOf(a netip.AddrPort) string {
	if !a.IsValid() {
		return "–"
	}
	return a.String()
}

// statusOf is how often attempts had a status.
type statusOf struct {
	status string
	n      uint64
}

func statusTable(one router.ClientStats, where at) *table {
	var all []statusOf
	for status, n := range one.ByStatus {
		all = append(all, statusOf{strconv.Itoa(status), n})
	}
	if n := one.Unanswered; n > 0 {
		all = append(all, statusOf{"no response", n})
	}
	t := tableOf("statuses", "Responses", all, func(s statusOf) string { return s.status }, []column[statusOf]{
		{name: "status", title: "Status", metric: "rt:client:status", still: true, value: func(s statusOf) any { return s.status }},
		{name: "count", title: "Attempts", metric: "rt:client:status", value: func(s statusOf) any { return s.n }},
	}, "-count", where.URL)
	t.Empty = "None yet."
	return t
}
