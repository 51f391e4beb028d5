package admin

import "github.com/meshhop/meshhop/internal/histogram"

// continued is a sink before another one. It adds what other collectors have counted to
// what only grows.
type continued struct {
	sink
	others []totals
	key    []byte
}

// of is what the others have counted of a series.
func (c *continued) of(name string, labels []string) (sum total) {
	c.key = appendKey(c.key[:0], name, labels)
	for _, one := range c.others {
		if more, ok := one[string(c.key)]; ok {
			sum = sum.plus(more)
		}
	}
	return sum
}

func (c *continued) number(f *shape, v float64, labels []string) {
	if f.counts() {
		v += c.of(f.name, labels).value
	}
	c.sink.number(f, v, labels)
}

func (c *continued) spread(f *statFamily, s *spread, labels []string) {
	more := c.of(f.name, labels)
	s.count, s.sum = s.count+more.count, s.sum+more.value
	c.sink.spread(f, s, labels)
}

func (c *continued) durations(f *histogramFamily, d *durations, labels []string) {
	if more := c.of(f.name, labels); more.counts != nil {
		d.counts = d.counts.Plus(*more.counts)
	}
	c.sink.durations(f, d, labels)
}

// snapshot is what a collector has counted.
func snapshot(c *collector) totals {
	all := totals{}
	c.counted(all)
	return all
}

func (t totals) set(name string, labels []string, v total) {
	t[string(appendKey(nil, name, labels))] = v
}

func (t totals) number(f *shape, v float64, labels []string) {
	if f.counts() {
		t.set(f.name, labels, total{value: v})
	}
}

func (t totals) spread(f *statFamily, s *spread, labels []string) {
	t.set(f.name, labels, total{value: s.sum, count: s.count})
}

func (t totals) durations(f *histogramFamily, d *durations, labels []string) {
	t.set(f.name, labels, total{counts: &histogram.Counts{Buckets: d.counts.Buckets, Sum: d.counts.Sum}})
}
