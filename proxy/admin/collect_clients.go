package admin

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/router"
)

// clientFamilies are the metrics of replica sets.
type clientFamilies struct {
	requests, success, failures, pending, size family

	status     *statusFamilies
	unanswered family

	requeues, budget, exhausted, limited, refused family
	perRequest                                    *prometheus.Desc
}

func newClientFamilies() clientFamilies {
	labels := []string{"rt", "client"}
	return clientFamilies{
		requests: counter("rt:client:requests", "Attempts that were answered or failed.", labels...),
		success:  counter("rt:client:success", "Attempts that were a success, as the response classifier has it.", labels...),
		failures: counter("rt:client:failures", "Attempts that were not.", labels...),
		pending:  gauge("rt:client:pending", "Attempts in flight.", labels...),
		size:     gauge("rt:client:loadbalancer:size", "Replicas to choose from.", labels...),

		status:     newStatusFamilies("rt:client", "Attempts that were answered", labels...),
		unanswered: counter("rt:client:status:error", "Attempts that were not answered, or were refused unread.", labels...),

		requeues:   counter("rt:client:retries:requeues", "Attempts that were made again because no replica had seen the request, or one refused it unread.", labels...),
		budget:     gauge("rt:client:retries:budget", "Requeues that the budget allows now.", labels...),
		exhausted:  counter("rt:client:retries:budget_exhausted", "Requeues that the budget did not allow.", labels...),
		limited:    counter("rt:client:retries:request_limit", "Requeues that were too many for one request.", labels...),
		refused:    counter("meshhop_client_requeues_refused_total", "Requeues that were not made for another reason: body (it was not kept).", append(labels, "reason")...),
		perRequest: prometheus.NewDesc("rt:client:retries:requeues_per_request", "Requeues of each request.", labels, nil),
	}
}

func (f *clientFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.requests, f.success, f.failures, f.pending, f.size, f.unanswered, f.requeues, f.budget, f.exhausted, f.limited, f.refused} {
		to <- one.desc
	}
	f.status.describe(to)
	to <- f.perRequest
}

func (f *clientFamilies) collect(to chan<- prometheus.Metric, rt string, s router.ClientStats) {
	client := strings.TrimPrefix(s.ID.String(), "/")
	// Linkerd counts a request when it is over.
	f.requests.send(to, float64(s.Success+s.Failures), rt, client)
	f.success.send(to, float64(s.Success), rt, client)
	f.failures.send(to, float64(s.Failures), rt, client)
	f.pending.send(to, float64(s.Pending), rt, client)
	f.size.send(to, float64(len(s.Endpoints)), rt, client)
	f.status.collect(to, s.ByStatus, rt, client)
	f.unanswered.send(to, float64(s.Unanswered), rt, client)
	f.requeues.send(to, float64(s.Requeues.Total), rt, client)
	f.budget.send(to, float64(s.Requeues.Budget), rt, client)
	f.exhausted.send(to, float64(s.Requeues.BudgetExhausted), rt, client)
	f.limited.send(to, float64(s.Requeues.LimitReached), rt, client)
	f.refused.send(to, float64(s.Requeues.NotReplayable), rt, client, "body")
	requests := s.Success + s.Failures
	sendSummary(to, f.perRequest, requests-min(requests, s.Requeues.Total), float64(s.Requeues.Total), rt, client)
}
