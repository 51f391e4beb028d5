package admin

import (
	"slices"
	"strings"
)

// tree is Linkerd's tree of metrics (MetricsTree.scala): the metric of a node, and the nodes
// below it.
type tree struct {
	kind   nodeKind
	value  float64 // of a counter or gauge
	spread *spread // of a stat
	below  map[string]*tree
}

// nodeKind is what a node of a tree has.
type nodeKind uint8

const (
	noMetric nodeKind = iota
	counterNode
	gaugeNode
	statNode
)

// readTree reads the metrics that have a place in the tree.
func readTree(c *collector) *tree {
	t := newTreeSink()
	c.scrape(t)
	return t.root
}

// treeSink puts series into a tree.
type treeSink struct {
	root  *tree
	paths map[*shape][]segment
	stats map[*statFamily][]segment
}

// segment is a part of a metric's name, and the label whose value follows it in the tree
// (PrometheusTelemeter.scala); -1: none.
type segment struct {
	name  string
	label int
}

func newTreeSink() *treeSink {
	return &treeSink{root: new(tree), paths: map[*shape][]segment{}, stats: map[*statFamily][]segment{}}
}

// segments are those of a metric that has a place in Linkerd's tree; nil: it has none.
func (s *scope) segments() (path []segment) {
	if !strings.HasPrefix(s.name, "rt:") && !strings.HasPrefix(s.name, "jvm:") {
		return nil
	}
	for name := range strings.SplitSeq(s.name, ":") {
		path = append(path, segment{name, slices.Index(s.labels, name)})
	}
	return path
}

func (t *treeSink) number(f *shape, v float64, labels []string) {
	path, known := t.paths[f]
	if !known {
		path = f.segments()
		t.paths[f] = path
	}
	if path == nil {
		return
	}
	node := t.root.at(path, labels)
	if node.value, node.kind = v, gaugeNode; f.counts() {
		node.kind = counterNode
	}
}

func (t *treeSink) spread(f *statFamily, s *spread, labels []string) {
	path, known := t.stats[f]
	if !known {
		path = f.segments()
		t.stats[f] = path
	}
	if path != nil {
		node := t.root.at(path, labels)
		node.spread, node.kind = s, statNode
	}
}

func (t *treeSink) durations(*histogramFamily, *durations, []string) {}

// at is the node at a path, which is made.
func (t *tree) at(path []segment, labels []string) *tree {
	for _, s := range path {
		if t = t.child(s.name); s.label >= 0 {
			t = t.child(labels[s.label])
		}
	}
	return t
}

func (t *tree) child(name string) *tree {
	below := t.below[name]
	if below == nil {
		if t.below == nil {
			t.below = map[string]*tree{}
		}
		below = new(tree)
		t.below[name] = below
	}
	return below
}

// find is the node at a path as it is written, in which names may have slashes; nil: there
// is none.
func (t *tree) find(path string) *tree {
	if path == "" {
		return t
	}
	for name, below := range t.below {
		rest, ok := strings.CutPrefix(path, name)
		if !ok || rest != "" && rest[0] != '/' {
			continue
		}
		if found := below.find(strings.TrimPrefix(rest, "/")); found != nil {
			return found
		}
	}
	return nil
}
