package admin

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/internal/histogram"
)

// statFamily is a metric that Linkerd shows as quantiles in ms, over the last minute. The
// sum and the number of values are those of all time, as Prometheus expects of a summary.
type statFamily struct {
	summary
	avg family
}

func newStat(name, help string, labels ...string) statFamily {
	return statFamily{
		summary: newSummary(name, help+" The quantiles are of the last minute, in whole milliseconds.", labels...),
		avg:     gauge(name+"_avg", help+" The average of the last minute.", labels...),
	}
}

func (f statFamily) describe(to chan<- *prometheus.Desc) {
	to <- f.desc
	to <- f.avg.desc
}

// quantiles are those that Linkerd shows (PrometheusTelemeter.scala), and what they are
// called in metrics.json.
var quantiles = [...]struct {
	share float64
	name  string
}{{0, "min"}, {0.5, "p50"}, {0.9, "p90"}, {0.95, "p95"}, {0.99, "p99"}, {0.999, "p9990"}, {0.9999, "p9999"}, {1, "max"}}

// stat is what there was in the last minute.
type stat struct {
	plain     bool // it is not about that, but a summary without quantiles
	count     uint64
	sum       float64
	quantiles [len(quantiles)]int64 // only if count > 0
}

// send sends a series, and its average if there was anything in the last minute.
func (f statFamily) send(to chan<- prometheus.Metric, s histogram.Snapshot, labels ...string) {
	recent := statOf(s.Recent)
	var shown map[float64]float64
	if recent.count > 0 {
		shown = make(map[float64]float64, len(quantiles))
		for i, q := range quantiles {
			shown[q.share] = float64(recent.quantiles[i])
		}
		avg := recent.sum / float64(recent.count)
		to <- constant(f.avg.desc, f.avg.kind, avg, labels)
	}
	f.sendQuantiles(to, total{value: milliseconds(s.All.Sum), count: s.All.Count()}, shown, recent, labels)
}

func statOf(c histogram.Counts) *stat {
	s := &stat{count: c.Count(), sum: milliseconds(c.Sum)}
	if s.count > 0 {
		for i, q := range quantiles {
			s.quantiles[i] = c.Quantile(q.share).Milliseconds()
		}
	}
	return s
}

func milliseconds(nanos float64) float64 { return nanos / float64(time.Millisecond) }
