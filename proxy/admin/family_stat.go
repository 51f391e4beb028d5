package admin

import (
	"math"
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

func (f *statFamily) describe(to chan<- *prometheus.Desc) {
	for _, one := range []family{f.quantiles, f.avg, f.count, f.sum} {
		to <- one.desc
	}
}

// quantiles are those that Linkerd shows (PrometheusTelemeter.scala), from the smallest,
// and what they are called in metrics.json.
var quantiles = [...]struct {
	share       float64
	label, name string
}{{0, "0", "min"}, {0.5, "0.5", "p50"}, {0.9, "0.9", "p90"}, {0.95, "0.95", "p95"}, {0.99, "0.99", "p99"}, {0.999, "0.999", "p9990"}, {0.9999, "0.9999", "p9999"}, {1, "1", "max"}}

// spread is the values of one series of a stat.
type spread struct {
	recent histogram.Counts // of the last minute
	all    histogram.Counts // since the start of what is counted
	unit   time.Duration    // what is 1 in the stat
	given  *stat            // in place of recent, for what has no histogram; nil: recent counts
	count  uint64           // of all time
	sum    float64          // of all time, in the unit
}

// stat is how values are spread.
type stat struct {
	count     uint64
	sum       float64
	quantiles [len(quantiles)]float64 // only if count > 0
}

// last is how the values of the last minute are spread.
func (s *spread) last() stat {
	if s.given != nil {
		return *s.given
	}
	return statOf(s.recent, s.unit)
}

// statOf is the stat of a histogram. Its quantiles are whole ones, as in Linkerd.
func statOf(c histogram.Counts, unit time.Duration) stat {
	s := stat{count: c.Count(), sum: c.Sum / float64(unit)}
	rest, seen := c.Buckets, uint64(0)
	for i, q := range quantiles {
		rank := uint64(max(math.Round(q.share*float64(s.count)), 1))
		for len(rest) > 0 && seen+rest[0].N < rank {
			seen, rest = seen+rest[0].N, rest[1:]
		}
		if len(rest) > 0 {
			s.quantiles[i] = float64(rest[0].Midpoint() / unit)
		}
	}
	return s
}

// send sends the series of durations in ms.
func (f *statFamily) send(to sink, s histogram.Snapshot, labels ...string) {
	f.sendIn(to, s, time.Millisecond, labels)
}

// sendIn sends the series of a histogram in which that duration is 1.
func (f *statFamily) sendIn(to sink, s histogram.Snapshot, unit time.Duration, labels []string) {
	to.spread(f, &spread{recent: s.Recent, all: s.All, unit: unit, count: s.All.Count(), sum: s.All.Sum / float64(unit)}, labels)
}

// lines sends a stat as the numbers that Prometheus gets.
func (f *statFamily) lines(to sink, s *spread, labels []string) {
	if last := s.last(); last.count > 0 {
		of := append(labels[:len(labels):len(labels)], "")
		for i, q := range quantiles {
			if i > 0 {
				of = append(labels[:len(labels):len(labels)], "")
			}
			of[len(labels)] = q.label
			to.number(f.quantiles.shape, last.quantiles[i], of)
		}
		to.number(f.avg.shape, last.sum/float64(last.count), labels)
	}
	to.number(f.sum.shape, s.sum, labels)
	to.number(f.count.shape, float64(s.count), labels)
}

func milliseconds(nanos float64) float64 { return nanos / float64(time.Millisecond) }
