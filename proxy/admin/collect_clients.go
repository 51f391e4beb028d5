package admin

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/router"
)

// clientFamilies are the metrics of replica sets.
type clientFamilies struct {
	requests, success, failures, pending, size family
}

func newClientFamilies() clientFamilies {
	labels := []string{"rt", "client"}
	return clientFamilies{
		requests: counter("rt:client:requests", "Attempts that were answered or failed.", labels...),
		success:  counter("rt:client:success", "Attempts that were answered with a status below 500.", labels...),
		failures: counter("rt:client:failures", "Attempts that were answered with a status of 500 or above, or not at all.", labels...),
		pending:  gauge("rt:client:pending", "Attempts in flight.", labels...),
		size:     gauge("rt:client:loadbalancer:size", "Replicas to choose from.", labels...),
	}
}

func (f *clientFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.requests, f.success, f.failures, f.pending, f.size} {
		to <- one.desc
	}
}

func (f *clientFamilies) collect(to chan<- prometheus.Metric, rt string, s router.ClientStats) {
	client := strings.TrimPrefix(s.ID.String(), "/")
	// Linkerd counts a request when it is over.
	f.requests.send(to, float64(s.Success+s.Failures), rt, client)
	f.success.send(to, float64(s.Success), rt, client)
	f.failures.send(to, float64(s.Failures), rt, client)
	f.pending.send(to, float64(s.Pending), rt, client)
	f.size.send(to, float64(len(s.Endpoints)), rt, client)
}
