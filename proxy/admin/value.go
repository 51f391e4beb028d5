package admin

import (
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// value is one number, as a metric. Most of a page are such, and it costs a third of the
// library's own: the texts of its labels are not copied.
type value struct {
	desc          *prometheus.Desc
	kind          prometheus.ValueType
	value         float64
	names, labels []string
}

// Desc implements prometheus.Metric.
func (v *value) Desc() *prometheus.Desc { return v.desc }

// Write implements prometheus.Metric.
func (v *value) Write(to *dto.Metric) error {
	to.Label = labelPairs(v.names, v.labels)
	if v.kind == prometheus.CounterValue {
		to.Counter = &dto.Counter{Value: &v.value}
	} else {
		to.Gauge = &dto.Gauge{Value: &v.value}
	}
	return nil
}

// labelPairs are labels sorted by their names, as the library wants them.
func labelPairs(names, values []string) []*dto.LabelPair {
	pairs, sorted := make([]dto.LabelPair, len(names)), make([]*dto.LabelPair, len(names))
	for i := range names {
		pairs[i].Name, pairs[i].Value = &names[i], &values[i]
		at := i
		for ; at > 0 && *sorted[at-1].Name > names[i]; at-- {
			sorted[at] = sorted[at-1]
		}
		sorted[at] = &pairs[i]
	}
	return sorted
}
