package admin

import (
	"cmp"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// family is a metric whose series are known only at each scrape.
type family struct{ *shape }

// shape is what all series of a family have in common.
type shape struct {
	scope
	help   string
	kind   prometheus.ValueType // CounterValue, GaugeValue; of a histogram UntypedValue
	desc   *prometheus.Desc
	sorted []int // the places of the labels, in the order of their names
}

// scope is a metric's name and the names of its labels.
type scope struct {
	name   string
	labels []string
}

func newShape(kind prometheus.ValueType, name, help string, labels []string) *shape {
	s := &shape{scope: scope{name, labels}, help: help, kind: kind, desc: prometheus.NewDesc(name, help, labels, nil)}
	for i := range labels {
		s.sorted = append(s.sorted, i)
	}
	slices.SortFunc(s.sorted, func(a, b int) int { return cmp.Compare(labels[a], labels[b]) })
	return s
}

func counter(name, help string, labels ...string) family {
	return family{newShape(prometheus.CounterValue, name, help, labels)}
}

func gauge(name, help string, labels ...string) family {
	return family{newShape(prometheus.GaugeValue, name, help, labels)}
}

// send sends the value of one series. A label that Prometheus refuses invalidates only
// this series. The labels must not change afterwards: series may share them.
func (f family) send(to sink, value float64, labels ...string) { to.number(f.shape, value, labels) }
