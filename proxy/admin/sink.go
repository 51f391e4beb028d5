package admin

import (
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// A sink takes the series of a scrape, one after the other. It may keep the labels, and
// must not change them.
type sink interface {
	// number takes a counter or a gauge.
	number(f *shape, value float64, labels []string)
	// spread takes what Linkerd shows as quantiles.
	spread(f *statFamily, s *spread, labels []string)
	// durations takes a histogram.
	durations(f *histogramFamily, d *durations, labels []string)
}

// sortedKeys are the keys of a map in an order that is the same at each scrape.
func sortedKeys[V any](all map[string]V) []string { return slices.Sorted(maps.Keys(all)) }

// counts reports whether the family's series only grow.
func (f *shape) counts() bool { return f.kind == prometheus.CounterValue }

// metricSink sends series as the library wants them.
type metricSink chan<- prometheus.Metric

func (m metricSink) number(f *shape, v float64, labels []string) {
	m <- &value{f.desc, f.kind, v, f.scope.labels, labels}
}

func (m metricSink) spread(f *statFamily, s *spread, labels []string) { f.lines(m, s, labels) }

func (m metricSink) durations(f *histogramFamily, d *durations, labels []string) {
	one := prometheus.Metric(&durationsMetric{f.desc, d, labels})
	if len(d.exemplars) > 0 {
		if with, err := prometheus.NewMetricWithExemplars(one, d.metricExemplars()...); err == nil {
			one = with
		}
	}
	m <- one
}

func (d *durations) metricExemplars() (all []prometheus.Exemplar) {
	for _, e := range d.exemplars {
		all = append(all, prometheus.Exemplar{
			Value: e.Took.Seconds(), Timestamp: d.born.Add(e.At), Labels: prometheus.Labels{"trace_id": traceID(e.Trace)},
		})
	}
	return all
}
