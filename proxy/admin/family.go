package admin

import "github.com/prometheus/client_golang/prometheus"

// family is a metric whose series are known only at each scrape.
type family struct {
	name string
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func counter(name, help string, labels ...string) family {
	return family{name, prometheus.NewDesc(name, help, labels, nil), prometheus.CounterValue}
}

func gauge(name, help string, labels ...string) family {
	return family{name, prometheus.NewDesc(name, help, labels, nil), prometheus.GaugeValue}
}

// send sends the value of one series. A label that Prometheus refuses invalidates only
// this series.
func (f family) send(to chan<- prometheus.Metric, value float64, labels ...string) {
	with := func(t total) prometheus.Metric {
		m, err := prometheus.NewConstMetric(f.desc, f.kind, t.value, labels...)
		if err != nil {
			return prometheus.NewInvalidMetric(f.desc, err)
		}
		return m
	}
	m := with(total{value: value})
	if f.kind == prometheus.CounterValue {
		m = series{m, f.name, labels, total{value: value}, with}
	}
	to <- m
}

// sendSummary sends a sum and the number of its addends.
func sendSummary(to chan<- prometheus.Metric, desc *prometheus.Desc, count uint64, sum float64, labels ...string) {
	with := func(t total) prometheus.Metric {
		m, err := prometheus.NewConstSummary(desc, t.count, t.value, nil, labels...)
		if err != nil {
			return prometheus.NewInvalidMetric(desc, err)
		}
		return m
	}
	now := total{sum, count}
	to <- series{with(now), desc.String(), labels, now, with}
}
