package admin

import (
	"slices"
	"strings"
	"sync"

	"github.com/meshhop/meshhop/internal/histogram"
)

// history has the counters of one [Admin] go on where those of the Admin before it
// ended; see Config.Before. The zero value is ready for use, and safe for concurrent
// use.
type history struct {
	mu      sync.Mutex
	past    totals       // of collectors that have ended
	running []*collector // those that still count, the current one included
}

// totals are what has been counted, by what tells series apart: the name of the metric and
// the values of its labels.
type totals map[string]total

// appendKey appends the key of a series, without allocating where there is room for it.
func appendKey(key []byte, name string, labels []string) []byte {
	key = append(key, name...)
	for _, l := range labels {
		key = append(append(key, '\xff'), l...)
	}
	return key
}

// total is a counter, a sum and the number of its addends, or a histogram.
type total struct {
	value  float64
	count  uint64
	counts *histogram.Counts // nil: it is none
}

func (t total) plus(o total) total {
	return t.with(o, histogram.Counts.Plus, total{value: t.value + o.value, count: t.count + o.count})
}

// most is the larger of two that only grow.
func (t total) most(o total) total {
	return t.with(o, histogram.Counts.Max, total{value: max(t.value, o.value), count: max(t.count, o.count)})
}

func (t total) with(o total, join func(a, b histogram.Counts) histogram.Counts, both total) total {
	switch {
	case t.counts == nil:
		both.counts = o.counts
	case o.counts == nil:
		both.counts = t.counts
	default:
		counts := join(*t.counts, *o.counts)
		both.counts = &counts
	}
	return both
}

// isNewest reports whether no other collector that runs came after this one, and whether
// none came before it either.
func (h *history) isNewest(c *collector) (newest, alone bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := len(h.running)
	return n > 0 && h.running[n-1] == c, n == 1
}

func (h *history) begin(c *collector) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running = append(h.running, c)
}

// Retire ends what the Admin does in the background. It keeps the counters of the Admin, as they are when end returns, for the Admins
// that come after it; see Config.Before. End closes what the Admin counts; nil means
// that it is closed already. Retire the Admin before its routers are closed, or close
// them in end. It must not be used after that.
func (a *Admin) Retire(end func()) {
	defer a.dashboard.Close()
	a.pushing.close()
	h := a.collector.history
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
		after[key] = t.most(after[key])
	}
	if h.past == nil {
		h.past = totals{}
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

// maxPast bounds the kept series that are named by what clients asked for.
const maxPast = 20_000

// forget drops such series, first those that no collector counts now.
func (h *history) forget() {
	live := map[string]bool{}
	for _, c := range h.running {
		for key := range snapshot(c) {
			live[key] = true
		}
	}
	for _, spared := range []bool{true, false} {
		for key := range h.past {
			if len(h.past) > maxPast && ofStrangers(key) && !(spared && live[key]) {
				delete(h.past, key)
			}
		}
	}
}

func ofStrangers(key string) bool {
	for _, scope := range [...]string{"rt:client:", "rt:service:", "meshhop_client_", "meshhop_service_", "meshhop_request_", "meshhop_attempt_"} {
		if strings.HasPrefix(key, scope) {
			return true
		}
	}
	return false
}

// collect sends the series of c, with what other collectors have counted.
func (h *history) collect(c *collector, to sink) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var others []totals
	if len(h.past) > 0 {
		others = append(others, h.past)
	}
	for _, other := range h.running {
		if other != c {
			others = append(others, snapshot(other))
		}
	}
	if len(others) == 0 {
		c.counted(to)
		return
	}
	c.counted(&continued{sink: to, others: others})
}
