package admin

import (
	"github.com/prometheus/client_golang/prometheus"
)

// family is a metric whose series are known only at each scrape.
type family struct {
	scope
	desc *prometheus.Desc
	kind prometheus.ValueType
}

// scope is a metric's name and the names of its labels.
type scope struct {
	name   string
	labels []string
}

func counter(name, help string, labels ...string) family {
	return family{scope{name, labels}, prometheus.NewDesc(name, help, labels, nil), prometheus.CounterValue}
}

func gauge(name, help string, labels ...string) family {
	return family{scope{name, labels}, prometheus.NewDesc(name, help, labels, nil), prometheus.GaugeValue}
}

// send sends the value of one series. A label that Prometheus refuses invalidates only
// this series.
func (f *family) send(to chan<- prometheus.Metric, value float64, labels ...string) {
	if f.kind == prometheus.CounterValue {
		f.sendPart(to, value, nil, f.scope, labels)
		return
	}
	to <- level{f.of(value, labels), f.scope, labels, value}
}

// sendPart sends the value of a counter that Linkerd has under another name, or under none,
// or that is part of what Linkerd calls a stat.
func (f *family) sendPart(to chan<- prometheus.Metric, value float64, of *stat, linkerd scope, labels []string) {
	with := func(t total) prometheus.Metric { return f.of(t.value, labels) }
	now := total{value: value}
	to <- series{Metric: with(now), scope: linkerd, name: f.name, values: labels, total: now, with: with, stat: of}
}

// of is a value of one series as a metric.
func (f *family) of(now float64, labels []string) prometheus.Metric {
	return &value{f.desc, f.kind, now, f.labels, labels}
}

// level is a metric that goes up and down.
type level struct {
	prometheus.Metric
	scope
	values []string
	value  float64
}

// series is a metric that only grows.
type series struct {
	prometheus.Metric
	scope           // in Linkerd's tree
	name   string   // in Prometheus
	values []string // of the labels
	total  total
	with   func(total) prometheus.Metric
	stat   *stat // what Linkerd shows of it; nil: it is a counter
}

func (s series) key() seriesKey { return keyOf(s.name, s.values) }

// summary is a metric without quantiles, of a sum and the number of its addends.
type summary struct {
	scope
	desc *prometheus.Desc
}

func newSummary(name, help string, labels ...string) summary {
	return summary{scope{name, labels}, prometheus.NewDesc(name, help, labels, nil)}
}

func (f summary) describe(to chan<- *prometheus.Desc) { to <- f.desc }

func (f summary) send(to chan<- prometheus.Metric, count uint64, sum float64, labels ...string) {
	with := func(t total) prometheus.Metric {
		m, err := prometheus.NewConstSummary(f.desc, t.count, t.value, nil, labels...)
		if err != nil {
			return prometheus.NewInvalidMetric(f.desc, err)
		}
		return m
	}
	now := total{value: sum, count: count}
	to <- series{Metric: with(now), scope: f.scope, name: f.name, values: labels, total: now, with: with, stat: &stat{plain: true}}
}
