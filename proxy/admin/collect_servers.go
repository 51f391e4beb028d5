package admin

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/internal/hophandler"
)

// serverFamilies are the metrics of servers.
type serverFamilies struct {
	requests, success, failures, pending, refused, loops, ignored, cut, dry, dryRefused family

	causes  causeFamily
	status  *statusFamilies
	latency statFamily
	payload payloadFamilies
	times   *timeFamilies
	whole   family
}

func newServerFamilies() serverFamilies {
	labels := []string{"rt", "server"}
	return serverFamilies{
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
		dry: counter("meshhop_server_dry_runs_total",
			"Requests that were answered with what would happen to them (l5d-explain: dry-run).", labels...),
		dryRefused: counter("meshhop_server_dry_runs_refused_total",
			"Dry runs that were refused because there were too many at once.", labels...),
		causes: newCauseFamily("server", "Requests", labels...),
		status: newStatusFamilies("rt:server", "Requests with a response", labels...),
		latency: newStat("rt:server:request_latency_ms",
			"Duration of requests in milliseconds, up to the head of the response.", labels...),
		payload: newPayloadFamilies("server", "requests"),
		times:   newTimeFamilies("rt:server", "requests", labels...),
		whole: counter("meshhop_server_response_seconds_total",
			"Duration of requests in seconds, up to the end of the response.", append(labels, "status_class")...),
	}
}

func (f *serverFamilies) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.requests, f.success, f.failures, f.pending, f.refused, f.loops, f.ignored, f.cut, f.dry, f.dryRefused} {
		to <- one.desc
	}
	f.causes.describe(to)
	f.status.describe(to)
	f.latency.describe(to)
	f.payload.describe(to)
	f.times.describe(to)
	to <- f.whole.desc
}

func (f *serverFamilies) collect(to sink, s Server) {
	stats, rt := s.Handler.Stats(), s.Handler.Router().Label()
	f.requests.send(to, float64(stats.Requests), rt, s.Name)
	f.success.send(to, float64(stats.Success), rt, s.Name)
	f.failures.send(to, float64(stats.Failures), rt, s.Name)
	f.pending.send(to, float64(stats.Pending), rt, s.Name)
	f.refused.send(to, float64(stats.Refused), rt, s.Name)
	f.loops.send(to, float64(stats.Loops), rt, s.Name)
	f.ignored.send(to, float64(stats.Ignored), rt, s.Name)
	f.cut.send(to, float64(stats.Cut), rt, s.Name)
	if s.DryRuns != nil {
		answered, refused := s.DryRuns()
		f.dry.send(to, float64(answered), rt, s.Name)
		f.dryRefused.send(to, float64(refused), rt, s.Name)
	}
	f.causes.collect(to, stats.Causes, rt, s.Name)
	f.status.collect(to, stats.ByStatus, rt, s.Name)
	latency := (*hophandler.Handler)(s.Handler).Latency()
	total := latency.Total()
	f.latency.send(to, total, rt, s.Name)
	f.payload.collect(to, (*hophandler.Handler)(s.Handler).Payloads(), total, rt, s.Name)
	f.times.collect(to, latency, rt, s.Name)
	for class, n := range stats.ByClass {
		if n > 0 {
			f.whole.send(to, stats.Times[class].Seconds(), rt, s.Name, classes()[class])
		}
	}
}
