package admin

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/meshhop/meshhop/internal/histogram"
)

// statFamily is a metric that Linkerd shows as quantiles, over the last minute. The sum and
// the number of values are those of all time, as Prometheus expects of counters. It is not
// a summary to Prometheus, whose quantile would be "1.0" where Linkerd's is "1" in every
// format but text.
type statFamily struct {
	scope
	quantiles, avg, count, sum family
}

func newStat(name, help string, labels ...string) statFamily {
	return statFamily{
		scope:     scope{name, labels},
		quantiles: gauge(name, help+" Quantiles of the last minute.", append(labels[:len(labels):len(labels)], "quantile")...),
		avg:       gauge(name+"_avg", help+" Average of the last minute.", labels...),
		count:     counter(name+"_count", help+" How many there were.", labels...),
		sum:       counter(name+"_sum", help+" Sum.", labels...),
	}
}

func (f statFamily) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.quantiles, f.avg, f.count, f.sum} {
		to <- one.desc
	}
}

// quantiles are those that Linkerd shows (PrometheusTelemeter.scala), and what they are
// called in metrics.json.
var quantiles = [...]struct {
	share       float64
	label, name string
}{{0, "0", "min"}, {0.5, "0.5", "p50"}, {0.9, "0.9", "p90"}, {0.95, "0.95", "p95"}, {0.99, "0.99", "p99"}, {0.999, "0.999", "p9990"}, {0.9999, "0.9999", "p9999"}, {1, "1", "max"}}

// stat is what there was in the last minute.
type stat struct {
	plain     bool // it is not about that, but a summary without quantiles
	count     uint64
	sum       float64
	quantiles [len(quantiles)]float64 // only if count > 0
}

// send sends the series of durations in ms. The quantiles are whole ones, as in Linkerd.
func (f *statFamily) send(to chan<- prometheus.Metric, s histogram.Snapshot, labels ...string) {
	f.sendStat(to, statOf(s.Recent), s.All.Count(), milliseconds(s.All.Sum), labels)
}

func (f *statFamily) sendStat(to chan<- prometheus.Metric, recent *stat, count uint64, sum float64, labels []string) {
	if recent.count > 0 {
		for i, q := range quantiles {
			to <- f.quantiles.of(recent.quantiles[i], append(labels[:len(labels):len(labels)], q.label))
		}
		to <- f.avg.of(recent.sum/float64(recent.count), labels)
	}
	f.sum.sendPart(to, sum, nil, scope{}, labels)
	f.count.sendPart(to, float64(count), recent, f.scope, labels)
}

func statOf(c histogram.Counts) *stat {
	s := &stat{count: c.Count(), sum: milliseconds(c.Sum)}
	if s.count > 0 {
		for i, q := range quantiles {
			s.quantiles[i] = float64(c.Quantile(q.share).Milliseconds())
		}
	}
	return s
}

func milliseconds(nanos float64) float64 { return nanos / float64(time.Millisecond) }
