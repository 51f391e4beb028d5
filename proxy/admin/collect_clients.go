package admin

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/internal/traffic/tally"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// clientFamilies are the metrics of replica sets.
type clientFamilies struct {
	requests, success, failures, pending family

	size, available, adds, removes, updates, effort family
	removals, revivals, probes, removedFor          family

	connections *connectionFamilies
	traffic     clientTrafficFamilies

	status     *statusFamilies
	unanswered family

	requeues, budget, exhausted, limited, cannot, refused, retriesRefused, folded family
	perRequest                                                                    statFamily
	causes                                                                        causeFamily

	load, busy, meanWeight, weightClasses, open family

	latency   statFamily
	payload   payloadFamilies
	times     *timeFamilies
	durations histogramFamily
	pairs     pairFamilies
}

func newClientFamilies() clientFamilies {
	labels := []string{"rt", "client"}
	return clientFamilies{
		requests: counter("rt:client:requests", "Attempts that ended, with a response or with an error.", labels...),
		success:  counter("rt:client:success", "Attempts that the response classifier counted as successes.", labels...),
		failures: counter("rt:client:failures", "Attempts that failed.", labels...),
		pending:  gauge("rt:client:pending", "Attempts in flight.", labels...),

		size:      gauge("rt:client:loadbalancer:size", "Endpoints in the load balancer.", labels...),
		available: gauge("rt:client:loadbalancer:available", "Endpoints that failure accrual does not mark as dead.", labels...),
		adds:      counter("rt:client:loadbalancer:adds", "Endpoints that were added to the load balancer.", labels...),
		removes:   counter("rt:client:loadbalancer:removes", "Endpoints that were removed from the load balancer.", labels...),
		updates:   counter("rt:client:loadbalancer:updates", "Updates of the replica set.", labels...),
		effort:    counter("rt:client:loadbalancer:max_effort_exhausted", "Picks that found only dead endpoints.", labels...),

		removals:   counter("rt:client:failure_accrual:removals", "Times that failure accrual marked an endpoint dead.", labels...),
		revivals:   counter("rt:client:failure_accrual:revivals", "Times that failure accrual marked a dead endpoint alive again.", labels...),
		probes:     counter("rt:client:failure_accrual:probes", "Attempts that probed whether a dead endpoint is alive again.", labels...),
		removedFor: counter("rt:client:failure_accrual:removed_for_ms", "Milliseconds for which endpoints were marked dead, added in full when an endpoint is marked.", labels...),

		connections: newConnectionFamilies(labels...),
		traffic:     newClientTrafficFamilies(),

		status:     newStatusFamilies("rt:client", "Attempts with a response", labels...),
		unanswered: counter("rt:client:status:error", "Attempts without a response, or that the endpoint refused without reading the request.", labels...),

		requeues:       counter("rt:client:retries:requeues", "Requeues: attempts that were repeated because no endpoint had seen the request, or one refused it unread.", labels...),
		budget:         gauge("rt:client:retries:budget", "Requeues that the requeue budget allows now.", labels...),
		exhausted:      counter("rt:client:retries:budget_exhausted", "Requeues that were not made because the requeue budget was exhausted.", labels...),
		limited:        counter("rt:client:retries:request_limit", "Requeues that were not made because the request had reached its limit.", labels...),
		cannot:         counter("rt:client:retries:cannot_retry", "Requeues that were not made because no endpoint of the replica set was alive.", labels...),
		retriesRefused: counter("meshhop_client_retries_refused_total", "Retries that were not made because services that share a budget had exhausted it at this replica set.", labels...),
		refused:        counter("meshhop_client_requeues_refused_total", "Requeues that were not made for another reason: body (the request body was not kept).", append(labels, "reason")...),
		folded:         gauge("meshhop_clients_folded", "Replica sets that are counted in the series (other) because there are too many for one series each.", "rt"),
		perRequest:     newStat("rt:client:retries:requeues_per_request", "Requeues per request.", labels...),
		causes:         newCauseFamily("client", "Attempts", labels...),

		load:          gauge("rt:client:loadbalancer:load", "Attempts in flight at the endpoints in the load balancer.", labels...),
		busy:          gauge("rt:client:loadbalancer:busy", "Endpoints that failure accrual marks as dead.", labels...),
		meanWeight:    gauge("rt:client:loadbalancer:meanweight", "Mean weight of the endpoints.", labels...),
		weightClasses: gauge("rt:client:loadbalancer:num_weight_classes", "Number of different weights of endpoints.", labels...),
		open:          gauge("rt:client:available", "1 if failure accrual does not mark all endpoints as dead, else 0.", labels...),

		latency: newStat("rt:client:request_latency_ms",
			"Duration of attempts in milliseconds, from the pick of the endpoint to the head of the response or to the error.", labels...),
		payload: newPayloadFamilies("client", "attempts"),
		times:   newTimeFamilies("rt:client", "attempts", labels...),
		durations: newHistogram("meshhop_attempt_duration_seconds",
			"Duration of attempts in seconds, from the pick of the endpoint to the head of the response or to the error.", "router", "client"),
		pairs: newPairFamilies(),
	}
}

func (f *clientFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.requests, f.success, f.failures, f.pending, f.size, f.available, f.adds, f.removes,
		f.updates, f.effort, f.removals, f.revivals, f.probes, f.removedFor, f.unanswered, f.requeues, f.budget, f.exhausted, f.limited, f.cannot, f.refused, f.retriesRefused, f.folded,
		f.load, f.busy, f.meanWeight, f.weightClasses, f.open} {
		to <- one.desc
	}
	f.status.describe(to)
	f.connections.describe(to)
	f.traffic.describe(to)
	f.perRequest.describe(to)
	f.causes.describe(to)
	f.latency.describe(to)
	f.payload.describe(to)
	f.times.describe(to)
	to <- f.durations.desc
	f.pairs.describe(to)
}

// collectAll sends the series of all replica sets; those beyond the bound share one.
func (f *clientFamilies) collectAll(to sink, rt string, all []router.ClientStats, latencies histogram.Latencies, traffic map[resolve.Path]tally.ClientTotals) {
	own, rest := busiestClients(all)
	named := map[resolve.Path]bool{}
	for _, s := range own {
		named[s.ID] = true
		f.collect(to, s, latencies.Clients[s.ID], latencies.Requeues[s.ID], latencies.Payloads[s.ID], latencies.Born, rt, labelOf(s.ID))
		if s.Connections != nil {
			f.traffic.collect(to, traffic[s.ID], rt, labelOf(s.ID))
		}
	}
	f.folded.send(to, float64(len(rest)), rt)
	f.pairs.collectAll(to, rt, latencies, named)
	if len(rest) == 0 {
		return
	}
	var sum router.ClientStats
	var latency histogram.Latency
	var requeues histogram.Snapshot
	var moved tally.ClientTotals
	var payloads histogram.Payloads
	for _, s := range rest {
		sum.Add(s)
		moved, payloads = moved.Plus(traffic[s.ID]), payloads.Plus(latencies.Payloads[s.ID])
		latency, requeues = latency.Plus(latencies.Clients[s.ID]), requeues.Plus(latencies.Requeues[s.ID])
	}
	f.collect(to, sum, latency, requeues, payloads, latencies.Born, rt, otherNames)
	if sum.Connections != nil {
		f.traffic.collect(to, moved, rt, otherNames)
	}
}

// collect sends the series of one replica set. The labels are the router and the set.
func (f *clientFamilies) collect(to sink, s router.ClientStats, latency histogram.Latency, requeues histogram.Snapshot, payloads histogram.Payloads, born time.Time, labels ...string) {
	// Linkerd counts a request when it has ended.
	f.requests.send(to, float64(s.Success+s.Failures), labels...)
	f.success.send(to, float64(s.Success), labels...)
	f.failures.send(to, float64(s.Failures), labels...)
	f.causes.collect(to, s.Causes, labels...)
	f.pending.send(to, float64(s.Pending), labels...)
	f.size.send(to, float64(s.Balance.Size), labels...)
	f.available.send(to, float64(s.Balance.Available), labels...)
	f.adds.send(to, float64(s.Balance.Adds), labels...)
	f.removes.send(to, float64(s.Balance.Removes), labels...)
	f.updates.send(to, float64(s.Balance.Updates), labels...)
	f.effort.send(to, float64(s.Balance.Exhausted), labels...)
	f.removals.send(to, float64(s.Balance.Removals), labels...)
	f.revivals.send(to, float64(s.Balance.Revivals), labels...)
	f.probes.send(to, float64(s.Balance.Probes), labels...)
	f.removedFor.send(to, float64(s.Balance.RemovedFor.Milliseconds()), labels...)
	f.connections.collect(to, s.Connections, labels...)
	f.status.collect(to, s.ByStatus, labels...)
	f.unanswered.send(to, float64(s.Unanswered), labels...)
	f.requeues.send(to, float64(s.Requeues.Total), labels...)
	f.budget.send(to, float64(s.Requeues.Budget), labels...)
	f.exhausted.send(to, float64(s.Requeues.BudgetExhausted), labels...)
	f.limited.send(to, float64(s.Requeues.LimitReached), labels...)
	f.cannot.send(to, float64(s.Requeues.NoneAlive), labels...)
	f.retriesRefused.send(to, float64(s.RetriesRefused), labels...)
	f.refused.send(to, float64(s.Requeues.NotReplayable), append(labels[:len(labels):len(labels)], "body")...)
	f.load.send(to, float64(s.Balance.Pending), labels...)
	f.busy.send(to, float64(s.Balance.Size-s.Balance.Available), labels...)
	f.open.send(to, float64(min(s.Balance.Available, 1)), labels...)
	f.weights(to, s.Endpoints, labels...)
	total := latency.Total()
	f.perRequest.sendIn(to, perRequest(requeues, total, attemptsOf), histogram.Once, labels)
	f.latency.send(to, total, labels...)
	f.payload.collect(to, payloads, total, labels...)
	f.times.collect(to, latency, labels...)
	f.durations.send(to, latency, born, labels...)
}

// weights sends what the weights of the endpoints are.
func (f *clientFamilies) weights(to sink, endpoints []resolve.Address, labels ...string) {
	if len(endpoints) == 0 {
		return
	}
	var sum float64
	different := map[float64]bool{}
	for _, one := range endpoints {
		sum += one.Weight
		different[one.Weight] = true
	}
	f.meanWeight.send(to, sum/float64(len(endpoints)), labels...)
	f.weightClasses.send(to, float64(len(different)), labels...)
}
