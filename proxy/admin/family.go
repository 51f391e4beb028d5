package admin

import "github.com/prometheus/client_golang/prometheus"

// family is a metric whose series are known only at each scrape.
type family struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func counter(name, help string, labels ...string) family {
	return family{prometheus.NewDesc(name, help, labels, nil), prometheus.CounterValue}
}

func gauge(name, help string, labels ...string) family {
	return family{prometheus.NewDesc(name, help, labels, nil), prometheus.GaugeValue}
}

// send gives the value of one series. A label that Prometheus does not take
// spoils this series alone.
func (f family) send(to chan<- prometheus.Metric, value float64, labels ...string) {
	m, err := prometheus.NewConstMetric(f.desc, f.kind, value, labels...)
	if err != nil {
		m = prometheus.NewInvalidMetric(f.desc, err)
	}
	to <- m
}

// sendSummary gives a sum and of how many it is.
func sendSummary(to chan<- prometheus.Metric, desc *prometheus.Desc, count uint64, sum float64, labels ...string) {
	m, err := prometheus.NewConstSummary(desc, count, sum, nil, labels...)
	if err != nil {
		m = prometheus.NewInvalidMetric(desc, err)
	}
	to <- m
}
