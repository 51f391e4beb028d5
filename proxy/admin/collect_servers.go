package admin

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// serverFamilies are the metrics of servers.
type serverFamilies struct {
	requests, success, failures, pending, refused family

	status  [6]family // by the first digit; 0 is not used
	latency *prometheus.Desc
}

func newServerFamilies() serverFamilies {
	labels := []string{"rt", "server"}
	f := serverFamilies{
		requests: counter("rt:server:requests", "Requests that were answered.", labels...),
		success:  counter("rt:server:success", "Requests that were a success, as l5d-success-class or the status has it.", labels...),
		failures: counter("rt:server:failures", "Requests that were not.", labels...),
		pending:  gauge("rt:server:pending", "Requests in flight.", labels...),
		refused: counter("meshhop_server_refused_total",
			"Requests that were refused for what they look like: their dtab, their size, or how many proxies they went through.", labels...),
		latency: prometheus.NewDesc("rt:server:request_latency_ms",
			"How long requests took, in milliseconds, up to the end of the answer.", labels, nil),
	}
	for digit := 1; digit < len(f.status); digit++ {
		class := strconv.Itoa(digit) + "XX"
		f.status[digit] = counter("rt:server:status:"+class, "Requests that were answered with a status of "+class+".", labels...)
	}
	return f
}

func (f *serverFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range append(f.status[1:], f.requests, f.success, f.failures, f.pending, f.refused) {
		to <- one.desc
	}
	to <- f.latency
}

func (f *serverFamilies) collect(to chan<- prometheus.Metric, s Server) {
	stats, rt := s.Handler.Stats(), s.Handler.Router().Label()
	f.requests.send(to, float64(stats.Requests), rt, s.Name)
	f.success.send(to, float64(stats.Success), rt, s.Name)
	f.failures.send(to, float64(stats.Failures), rt, s.Name)
	f.pending.send(to, float64(stats.Pending), rt, s.Name)
	f.refused.send(to, float64(stats.Refused), rt, s.Name)
	for digit := 1; digit < len(f.status); digit++ {
		f.status[digit].send(to, float64(stats.ByClass[digit]), rt, s.Name)
	}
	milliseconds := float64(stats.Time) / float64(time.Millisecond)
	sendSummary(to, f.latency, stats.Requests, milliseconds, rt, s.Name)
}
