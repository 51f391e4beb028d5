package admin

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// serverFamilies are the metrics of servers.
type serverFamilies struct {
	requests, success, failures, pending, refused, loops, ignored, cut family

	status  *statusFamilies
	latency *prometheus.Desc
	times   [6]*prometheus.Desc // by the first digit; 0 is not used
}

func newServerFamilies() serverFamilies {
	labels := []string{"rt", "server"}
	f := serverFamilies{
		requests: counter("rt:server:requests", "Requests that ended, with a response or with an error.", labels...),
		success:  counter("rt:server:success", "Requests that succeeded, by the header l5d-success-class or else by a status below 500.", labels...),
		failures: counter("rt:server:failures", "Requests that failed.", labels...),
		pending:  gauge("rt:server:pending", "Requests in flight.", labels...),
		refused: counter("meshhop_server_refused_total",
			"Requests that were refused as invalid: because of their target, their dtab, their size, or the number of proxies that they went through.", labels...),
		loops: counter("meshhop_server_loops_total",
			"Requests that were refused as a loop: they had passed here before with the same name.", labels...),
		ignored: counter("meshhop_server_overrides_ignored_total",
			"Requests whose own dtab was ignored because the server has overrides: false.", labels...),
		cut: counter("meshhop_server_errors_cut_total",
			"Error messages that were truncated because they were longer than the limit for error responses.", labels...),
		status: newStatusFamilies("rt:server", "Requests with a response", labels...),
		latency: prometheus.NewDesc("rt:server:request_latency_ms",
			"Duration of requests in milliseconds, up to the end of the response.", labels, nil),
	}
	for digit := 1; digit < len(f.times); digit++ {
		class := strconv.Itoa(digit) + "XX"
		f.times[digit] = prometheus.NewDesc("rt:server:time:"+class,
			"Duration of requests with status "+class+" in milliseconds, up to the end of the response.", labels, nil)
	}
	return f
}

func (f *serverFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.requests, f.success, f.failures, f.pending, f.refused, f.loops, f.ignored, f.cut} {
		to <- one.desc
	}
	f.status.describe(to)
	to <- f.latency
	for _, desc := range f.times[1:] {
		to <- desc
	}
}

func (f *serverFamilies) collect(to chan<- prometheus.Metric, s Server) {
	stats, rt := s.Handler.Stats(), s.Handler.Router().Label()
	f.requests.send(to, float64(stats.Requests), rt, s.Name)
	f.success.send(to, float64(stats.Success), rt, s.Name)
	f.failures.send(to, float64(stats.Failures), rt, s.Name)
	f.pending.send(to, float64(stats.Pending), rt, s.Name)
	f.refused.send(to, float64(stats.Refused), rt, s.Name)
	f.loops.send(to, float64(stats.Loops), rt, s.Name)
	f.ignored.send(to, float64(stats.Ignored), rt, s.Name)
	f.cut.send(to, float64(stats.Cut), rt, s.Name)
	f.status.collect(to, stats.ByStatus, rt, s.Name)
	sendSummary(to, f.latency, stats.Requests, milliseconds(stats.Time), rt, s.Name)
	for digit := 1; digit < len(f.times); digit++ {
		if n := stats.ByClass[digit]; n > 0 {
			sendSummary(to, f.times[digit], n, milliseconds(stats.Times[digit]), rt, s.Name)
		}
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
