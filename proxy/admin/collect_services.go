package admin

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/router"
)

// serviceFamilies are the metrics of services.
type serviceFamilies struct {
	requests, success, failures, pending family

	retries, budget, exhausted, refused, folded family
	perRequest                                  statFamily
	causes                                      causeFamily

	latency   statFamily
	durations histogramFamily
}

func newServiceFamilies() serviceFamilies {
	labels := []string{"rt", "service"}
	return serviceFamilies{
		requests:   counter("rt:service:requests", "Requests that ended, with a response or with an error.", labels...),
		success:    counter("rt:service:success", "Requests that the response classifier counted as successes.", labels...),
		failures:   counter("rt:service:failures", "Requests that failed.", labels...),
		pending:    gauge("rt:service:pending", "Requests in flight.", labels...),
		retries:    counter("rt:service:retries:total", "Retries: attempts that were repeated because the response classifier counted the one before as a retryable failure.", labels...),
		budget:     gauge("rt:service:retries:budget", "Retries that the retry budget allows now.", labels...),
		exhausted:  counter("rt:service:retries:budget_exhausted", "Retries that were not made because the retry budget was exhausted.", labels...),
		refused:    counter("meshhop_service_retries_refused_total", "Retries that were not made for another reason: limit (maxRetries was reached), body (the request body was not kept), time (none was left), set (services that share the budget had exhausted it at the replica set), long_response and late_response (the response was too long, or took too long, to be held back until its end).", append(labels, "reason")...),
		folded:     gauge("meshhop_services_folded", "Services that are counted in the series (other) because there are too many for one series each.", "rt"),
		perRequest: newStat("rt:service:retries:per_request", "Retries per request.", labels...),
		causes:     newCauseFamily("service", "Requests", labels...),
		latency: newStat("rt:service:request_latency_ms",
			"Duration of requests in milliseconds, from their arrival to the head of the response or to the error, with all retries.", labels...),
		durations: newHistogram("meshhop_request_duration_seconds",
			"Duration of requests in seconds, from their arrival to the head of the response or to the error, with all retries.", "router", "service"),
	}
}

func (f *serviceFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.requests, f.success, f.failures, f.pending, f.retries, f.budget, f.exhausted, f.refused, f.folded} {
		to <- one.desc
	}
	f.perRequest.describe(to)
	f.causes.describe(to)
	f.latency.describe(to)
	to <- f.durations.desc
}

// collectAll sends the series of all services; those beyond the bound share one.
func (f *serviceFamilies) collectAll(to sink, rt string, all []router.ServiceStats, latencies histogram.Latencies) {
	own, rest := busiestServices(all)
	for _, s := range own {
		f.collect(to, s, latencies.Services[s.Name], latencies.Retries[s.Name], latencies.Born, rt, labelOf(s.Name))
	}
	f.folded.send(to, float64(len(rest)), rt)
	if len(rest) == 0 {
		return
	}
	var sum router.ServiceStats
	var latency histogram.Latency
	var retries histogram.Snapshot
	for _, s := range rest {
		sum.Add(s)
		latency, retries = latency.Plus(latencies.Services[s.Name]), retries.Plus(latencies.Retries[s.Name])
	}
	f.collect(to, sum, latency, retries, latencies.Born, rt, otherNames)
}

// collect sends the series of one service. The labels are the router and the service.
func (f *serviceFamilies) collect(to sink, s router.ServiceStats, latency histogram.Latency, retries histogram.Snapshot, born time.Time, labels ...string) {
	f.requests.send(to, float64(s.Success+s.Failures), labels...)
	f.success.send(to, float64(s.Success), labels...)
	f.failures.send(to, float64(s.Failures), labels...)
	f.causes.collect(to, s.Causes, labels...)
	f.pending.send(to, float64(s.Pending), labels...)
	f.retries.send(to, float64(s.Retries.Total), labels...)
	f.budget.send(to, float64(s.Retries.Budget), labels...)
	f.exhausted.send(to, float64(s.Retries.BudgetExhausted), labels...)
	for _, refused := range [...]struct {
		reason string
		n      uint64
	}{{"limit", s.Retries.LimitReached}, {"body", s.Retries.NotReplayable}, {"time", s.Retries.TooLate}, {"set", s.Retries.SetExhausted},
		{"long_response", s.Retries.ResponseTooLong}, {"late_response", s.Retries.ClassificationTimeout}} {
		f.refused.send(to, float64(refused.n), append(labels[:len(labels):len(labels)], refused.reason)...)
	}
	total := latency.Total()
	f.perRequest.sendIn(to, perRequest(retries, total, requestsOf), histogram.Once, labels)
	f.latency.send(to, total, labels...)
	f.durations.send(to, latency, born, labels...)
}
