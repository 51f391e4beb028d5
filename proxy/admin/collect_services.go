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
	perRequest                                  summary

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
		refused:    counter("meshhop_service_retries_refused_total", "Retries that were not made for another reason: limit (maxRetries was reached), body (the request body was not kept), time (none was left), set (services that share the budget had exhausted it at the replica set).", append(labels, "reason")...),
		folded:     gauge("meshhop_services_folded", "Services that are counted in the series (other) because there are too many for one series each.", "rt"),
		perRequest: newSummary("rt:service:retries:per_request", "Retries per request.", labels...),
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
	f.latency.describe(to)
	to <- f.durations.desc
}

// collectAll sends the series of all services; those beyond the bound share one.
func (f *serviceFamilies) collectAll(to chan<- prometheus.Metric, rt string, all []router.ServiceStats, latencies histogram.Latencies) {
	own, rest := busiestServices(all)
	for _, s := range own {
		f.collect(to, rt, labelOf(s.Name), s, latencies.Services[s.Name], latencies.Born)
	}
	f.folded.send(to, float64(len(rest)), rt)
	if len(rest) == 0 {
		return
	}
	var sum router.ServiceStats
	var latency histogram.Latency
	for _, s := range rest {
		sum.Add(s)
		latency = latency.Plus(latencies.Services[s.Name])
	}
	f.collect(to, rt, otherNames, sum, latency, latencies.Born)
}

func (f *serviceFamilies) collect(to chan<- prometheus.Metric, rt, service string, s router.ServiceStats, latency histogram.Latency, born time.Time) {
	requests := s.Success + s.Failures
	f.requests.send(to, float64(requests), rt, service)
	f.success.send(to, float64(s.Success), rt, service)
	f.failures.send(to, float64(s.Failures), rt, service)
	f.pending.send(to, float64(s.Pending), rt, service)
	f.retries.send(to, float64(s.Retries.Total), rt, service)
	f.budget.send(to, float64(s.Retries.Budget), rt, service)
	f.exhausted.send(to, float64(s.Retries.BudgetExhausted), rt, service)
	f.refused.send(to, float64(s.Retries.LimitReached), rt, service, "limit")
	f.refused.send(to, float64(s.Retries.NotReplayable), rt, service, "body")
	f.refused.send(to, float64(s.Retries.TooLate), rt, service, "time")
	f.refused.send(to, float64(s.Retries.SetExhausted), rt, service, "set")
	f.perRequest.send(to, requests, float64(s.Retries.Total), rt, service)
	f.latency.send(to, latency.Total(), rt, service)
	f.durations.send(to, latency, born, rt, service)
}
