package admin

import (
	"cmp"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/resolve"
)

// pairFamilies are the metrics of the requests by one name at one replica set.
type pairFamilies struct {
	requests, success, failures, pending, folded family

	latency statFamily
}

func newPairFamilies() pairFamilies {
	labels := []string{"rt", "client", "service"}
	return pairFamilies{
		requests: counter("rt:client:service:requests", "Attempts for requests by this name that ended, with a response or with an error.", labels...),
		success:  counter("rt:client:service:success", "Attempts for requests by this name that the response classifier counted as successes.", labels...),
		failures: counter("rt:client:service:failures", "Attempts for requests by this name that failed.", labels...),
		pending:  gauge("rt:client:service:pending", "Attempts in flight for requests by this name.", labels...),
		latency: newStat("rt:client:service:request_latency_ms",
			"Duration of attempts for requests by this name in milliseconds, from the pick of the endpoint to the head of the response or to the error.", labels...),
		folded: gauge("meshhop_client_services_folded", "Pairs of a replica set and a service that are counted in the series (other) of the set because there are too many for one series each.", "rt"),
	}
}

func (f *pairFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.requests, f.success, f.failures, f.pending, f.folded} {
		to <- one.desc
	}
	f.latency.describe(to)
}

// collectAll sends the series of the pairs whose replica set has series of its own. All
// others share one.
func (f *pairFamilies) collectAll(to sink, rt string, all histogram.Latencies, named map[resolve.Path]bool) {
	folded := all.Folded
	var rest *histogram.Pair
	slices.SortFunc(all.Pairs, func(a, b histogram.Pair) int {
		return cmp.Or(cmp.Compare(a.Client.String(), b.Client.String()), cmp.Compare(a.Service.String(), b.Service.String()))
	})
	for _, p := range all.Pairs {
		switch {
		case !named[p.Client]:
			if !p.Service.IsEmpty() { // the others are counted already
				folded++
			}
			if rest == nil {
				rest = new(histogram.Pair)
			}
			*rest = rest.Plus(p)
		case p.Service.IsEmpty():
			f.collect(to, p, rt, labelOf(p.Client), otherNames)
		default:
			f.collect(to, p, rt, labelOf(p.Client), labelOf(p.Service))
		}
	}
	if rest != nil {
		f.collect(to, *rest, rt, otherNames, otherNames)
	}
	f.folded.send(to, float64(folded), rt)
}

// collect sends the series of one pair. The labels are the router, the replica set and the
// name.
func (f *pairFamilies) collect(to sink, p histogram.Pair, labels ...string) {
	f.requests.send(to, float64(p.Success+p.Failures), labels...)
	f.success.send(to, float64(p.Success), labels...)
	f.failures.send(to, float64(p.Failures), labels...)
	f.pending.send(to, float64(p.Pending), labels...)
	f.latency.send(to, p.Latency.Total(), labels...)
}
