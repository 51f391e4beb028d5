package admin

import (
	"time"

	"github.com/meshhop/meshhop/internal/histogram"
)

// Kept returns how many series of Admins that were retired are kept.
func (a *Admin) Kept() int {
	h := a.collector.history
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.past)
}

// A Tree is one of Linkerd's metrics, for what is asked of pages that show one.
type Tree struct{ root tree }

// Count adds a counter.
func (t *Tree) Count(v float64, path ...string) { t.at(path).set(counterNode, v) }

// Level adds a gauge.
func (t *Tree) Level(v float64, path ...string) { t.at(path).set(gaugeNode, v) }

// Spread adds a stat of whole numbers.
func (t *Tree) Spread(values []int, path ...string) {
	h := new(histogram.Histogram)
	for _, v := range values {
		h.Record(0, time.Duration(v)*histogram.Once)
	}
	node := t.at(path)
	node.kind, node.spread = statNode, &spread{recent: h.Read(0).Recent, unit: histogram.Once}
}

// Influx is the page for InfluxDB.
func (t *Tree) Influx(host string) string { return string(t.root.influx(host)) }

func (t *Tree) at(path []string) *tree {
	node := &t.root
	for _, name := range path {
		node = node.child(name)
	}
	return node
}

func (t *tree) set(kind nodeKind, v float64) { t.kind, t.value = kind, v }

// JSON is the page /admin/metrics.json, flat or nested.
func (t *Tree) JSON(nested bool) string {
	text := jsonText{nested: nested}
	text.tree(&t.root)
	return string(text.page)
}
