package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/router"
)

// clientFamilies are the metrics of replica sets.
type clientFamilies struct {
	requests, success, failures, pending family

	size, available, adds, removes, updates, effort family
	removals, revivals, probes, removedFor          family

	connections *connectionFamilies

	status     *statusFamilies
	unanswered family

	requeues, budget, exhausted, limited, cannot, refused, retriesRefused, folded family
	perRequest                                                                    *prometheus.Desc
}

func newClientFamilies() clientFamilies {
	labels := []string{"rt", "client"}
	return clientFamilies{
		requests: counter("rt:client:requests", "Attempts that were answered or failed.", labels...),
		success:  counter("rt:client:success", "Attempts that were a success, as the response classifier has it.", labels...),
		failures: counter("rt:client:failures", "Attempts that were not.", labels...),
		pending:  gauge("rt:client:pending", "Attempts in flight.", labels...),

		size:      gauge("rt:client:loadbalancer:size", "Replicas to choose from.", labels...),
		available: gauge("rt:client:loadbalancer:available", "Replicas that are not taken for dead.", labels...),
		adds:      counter("rt:client:loadbalancer:adds", "Replicas that came.", labels...),
		removes:   counter("rt:client:loadbalancer:removes", "Replicas that left.", labels...),
		updates:   counter("rt:client:loadbalancer:updates", "Changes of the replica set.", labels...),
		effort:    counter("rt:client:loadbalancer:max_effort_exhausted", "Choices that met only dead replicas.", labels...),

		removals:   counter("rt:client:failure_accrual:removals", "Times that a replica was taken for dead.", labels...),
		revivals:   counter("rt:client:failure_accrual:revivals", "Times that a dead replica was alive again.", labels...),
		probes:     counter("rt:client:failure_accrual:probes", "Attempts that were to show whether a dead replica still is.", labels...),
		removedFor: counter("rt:client:failure_accrual:removed_for_ms", "Milliseconds for which replicas were taken for dead, counted when they are.", labels...),

		connections: newConnectionFamilies(labels...),

		status:     newStatusFamilies("rt:client", "Attempts that were answered", labels...),
		unanswered: counter("rt:client:status:error", "Attempts that were not answered, or were refused unread.", labels...),

		requeues:       counter("rt:client:retries:requeues", "Attempts that were made again because no replica had seen the request, or one refused it unread.", labels...),
		budget:         gauge("rt:client:retries:budget", "Requeues that the budget allows now.", labels...),
		exhausted:      counter("rt:client:retries:budget_exhausted", "Requeues that the budget did not allow.", labels...),
		limited:        counter("rt:client:retries:request_limit", "Requeues that were too many for one request.", labels...),
		cannot:         counter("rt:client:retries:cannot_retry", "Requeues that were not made because no replica of the set was alive.", labels...),
		retriesRefused: counter("meshhop_client_retries_refused_total", "Retries that were not made because services with the same budget had used it up at this replica set.", labels...),
		refused:        counter("meshhop_client_requeues_refused_total", "Requeues that were not made for another reason: body (it was not kept).", append(labels, "reason")...),
		folded:         gauge("meshhop_clients_folded", "Replica sets that share the series (other), because there are too many.", "rt"),
		perRequest:     prometheus.NewDesc("rt:client:retries:requeues_per_request", "Requeues of each request.", labels, nil),
	}
}

func (f *clientFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.requests, f.success, f.failures, f.pending, f.size, f.available, f.adds, f.removes,
		f.updates, f.effort, f.removals, f.revivals, f.probes, f.removedFor, f.unanswered, f.requeues, f.budget, f.exhausted, f.limited, f.cannot, f.refused, f.retriesRefused, f.folded} {
		to <- one.desc
	}
	f.status.describe(to)
	f.connections.describe(to)
	to <- f.perRequest
}

// collectAll gives the series of all replica sets, of those beyond the bound
// together.
func (f *clientFamilies) collectAll(to chan<- prometheus.Metric, rt string, all []router.ClientStats) {
	own, rest := busiestClients(all)
	for _, s := range own {
		f.collect(to, rt, labelOf(s.ID), s)
	}
	f.folded.send(to, float64(len(rest)), rt)
	if len(rest) == 0 {
		return
	}
	var sum router.ClientStats
	for _, s := range rest {
		sum.Add(s)
	}
	f.collect(to, rt, otherNames, sum)
}

func (f *clientFamilies) collect(to chan<- prometheus.Metric, rt, client string, s router.ClientStats) {
	// Linkerd counts a request when it is over.
	f.requests.send(to, float64(s.Success+s.Failures), rt, client)
	f.success.send(to, float64(s.Success), rt, client)
	f.failures.send(to, float64(s.Failures), rt, client)
	f.pending.send(to, float64(s.Pending), rt, client)
	f.size.send(to, float64(s.Balance.Size), rt, client)
	f.available.send(to, float64(s.Balance.Available), rt, client)
	f.adds.send(to, float64(s.Balance.Adds), rt, client)
	f.removes.send(to, float64(s.Balance.Removes), rt, client)
	f.updates.send(to, float64(s.Balance.Updates), rt, client)
	f.effort.send(to, float64(s.Balance.Exhausted), rt, client)
	f.removals.send(to, float64(s.Balance.Removals), rt, client)
	f.revivals.send(to, float64(s.Balance.Revivals), rt, client)
	f.probes.send(to, float64(s.Balance.Probes), rt, client)
	f.removedFor.send(to, float64(s.Balance.RemovedFor.Milliseconds()), rt, client)
	f.connections.collect(to, s.Connections, rt, client)
	f.status.collect(to, s.ByStatus, rt, client)
	f.unanswered.send(to, float64(s.Unanswered), rt, client)
	f.requeues.send(to, float64(s.Requeues.Total), rt, client)
	f.budget.send(to, float64(s.Requeues.Budget), rt, client)
	f.exhausted.send(to, float64(s.Requeues.BudgetExhausted), rt, client)
	f.limited.send(to, float64(s.Requeues.LimitReached), rt, client)
	f.cannot.send(to, float64(s.Requeues.NoneAlive), rt, client)
	f.retriesRefused.send(to, float64(s.RetriesRefused), rt, client)
	f.refused.send(to, float64(s.Requeues.NotReplayable), rt, client, "body")
	requests := s.Success + s.Failures
	sendSummary(to, f.perRequest, requests-min(requests, s.Requeues.Total), float64(s.Requeues.Total), rt, client)
}
