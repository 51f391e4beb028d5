package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/router"
)

// routerFamilies are the metrics of routers. A router has more requests than its servers
// if a program uses it as the transport of its own client, too.
type routerFamilies struct {
	requests, success, failures, pending, leftOut, forbidden, contextLeftOut, originator family
}

func newRouterFamilies() routerFamilies {
	return routerFamilies{
		requests: counter("meshhop_router_requests_total", "Requests that the router received.", "rt"),
		success:  counter("meshhop_router_success_total", "Requests with a response from an endpoint that the response classifier counted as a success.", "rt"),
		failures: counter("meshhop_router_failures_total", "Requests that failed.", "rt"),
		pending:  gauge("meshhop_router_pending", "Requests in flight.", "rt"),
		leftOut: counter("meshhop_router_overrides_left_out_total",
			"Entries of requests' own dtabs that were ignored because they lead where overrides may not lead.", "rt"),
		forbidden: counter("meshhop_router_overrides_refused_total",
			"Requests that were refused because their own dtab leads where it may not lead, for example to a listener of this process.", "rt"),
		contextLeftOut: counter("meshhop_router_context_left_out_total", "l5d-dst-* headers that were not sent because they were too long.", "rt"),
		originator:     gauge("rt:originator", "Always 1: requests begin at this router (key originator).", "rt"),
	}
}

func (f *routerFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.requests, f.success, f.failures, f.pending, f.leftOut, f.forbidden, f.contextLeftOut, f.originator} {
		to <- one.desc
	}
}

func (f *routerFamilies) collect(to sink, rt string, s router.Stats) {
	f.requests.send(to, float64(s.Requests), rt)
	f.success.send(to, float64(s.Success), rt)
	f.failures.send(to, float64(s.Failures), rt)
	f.pending.send(to, float64(s.Pending), rt)
	f.leftOut.send(to, float64(s.LeftOut), rt)
	f.forbidden.send(to, float64(s.Forbidden), rt)
	f.contextLeftOut.send(to, float64(s.ContextLeftOut), rt)
}
