package admin

import (
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// A History has the counters of one [Admin] go on where those of the one before
// it ended, when a program replaces what they count, as a reload does. A series
// is known by its metric and its labels; one that the present Admin does not
// show is not shown. The zero value is ready for use, and safe for concurrent
// use.
type History struct {
	mu      sync.Mutex
	past    map[seriesKey]total // of what is over
	running []*collector        // that count, the present one included
}

// seriesKey is what tells series apart.
type seriesKey struct{ name, labels string }

// total is a counter, or a sum and of how many it is.
type total struct {
	value float64
	count uint64
}

func (t total) plus(o total) total { return total{t.value + o.value, t.count + o.count} }

func (h *History) begin(c *collector) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running = append(h.running, c)
}

// Retire has the counters of the Admin last as they are when end returns, which
// ends what they count; nil: that is over already. The Admin must not be used
// after that. Retire it before its routers are closed, or in end.
func (a *Admin) Retire(end func()) {
	h := a.collector.config.History
	before := snapshot(a.collector)
	if end != nil {
		end()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	at := slices.Index(h.running, a.collector)
	if at < 0 {
		return
	}
	h.running = slices.Delete(h.running, at, at+1)
	after := snapshot(a.collector)
	for key, t := range before { // some are gone with what they counted
		after[key] = total{max(t.value, after[key].value), max(t.count, after[key].count)}
	}
	if h.past == nil {
		h.past = map[seriesKey]total{}
	}
	for key, t := range after {
		if t != (total{}) {
			h.past[key] = h.past[key].plus(t)
		}
	}
	if len(h.past) > maxPast {
		h.forget()
	}
}

// maxPast is how many series of what is over are kept that are named by what
// strangers asked for.
const maxPast = 20_000

// forget drops such series: first those that nobody counts now.
func (h *History) forget() {
	live := map[seriesKey]bool{}
	for _, c := range h.running {
		for key := range snapshot(c) {
			live[key] = true
		}
	}
	for _, spared := range []bool{true, false} {
		for key := range h.past {
			if len(h.past) > maxPast && key.ofStrangers() && !(spared && live[key]) {
				delete(h.past, key)
			}
		}
	}
}

func (k seriesKey) ofStrangers() bool {
	for _, scope := range [...]string{"rt:client:", "rt:service:", "meshhop_client_", "meshhop_service_"} {
		if strings.Contains(k.name, scope) { // of a summary it is a sentence
			return true
		}
	}
	return false
}

// collect gives the series of c, with what others have counted.
func (h *History) collect(c *collector, to chan<- prometheus.Metric) {
	h.mu.Lock()
	defer h.mu.Unlock()
	sums := []map[seriesKey]total{h.past}
	for _, other := range h.running {
		if other != c {
			sums = append(sums, snapshot(other))
		}
	}
	eachOf(c, func(m prometheus.Metric) {
		s, ok := m.(series)
		if !ok {
			to <- m
			return
		}
		sum, key := s.total, s.key()
		for _, more := range sums {
			sum = sum.plus(more[key])
		}
		if sum == s.total {
			to <- s.Metric
			return
		}
		to <- s.with(sum)
	})
}

func snapshot(c *collector) map[seriesKey]total {
	all := map[seriesKey]total{}
	eachOf(c, func(m prometheus.Metric) {
		if s, ok := m.(series); ok {
			all[s.key()] = s.total
		}
	})
	return all
}

func eachOf(c *collector, do func(prometheus.Metric)) {
	metrics := make(chan prometheus.Metric, 64)
	go func() {
		defer close(metrics)
		c.counted(metrics)
	}()
	for m := range metrics {
		do(m)
	}
}

// series is a metric that only grows.
type series struct {
	prometheus.Metric
	name   string
	labels []string
	total  total
	with   func(total) prometheus.Metric
}

func (s series) key() seriesKey { return seriesKey{s.name, strings.Join(s.labels, "\xff")} }

// Series is how many series of what is over are kept.
func (h *History) Series() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.past)
}
