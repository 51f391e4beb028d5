package dashboard

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/lostcontext"
	"github.com/meshhop/meshhop/internal/record"
)

const (
	maxTracked = 50  // services, and as many clients, that have a past
	maxFixed   = 200 // routers and servers that have one
)

// A History is what dashboards that follow each other remember together: the past of
// what is busiest, and the last requests. While one of them runs, a goroutine samples
// once a second. It asks its routers only for the names at which something has happened.
// The zero value is ready for use.
type History struct {
	requests requests
	lost     *lostcontext.Detector // nil before the first dashboard
	now      atomic.Pointer[snapshot]

	mu      sync.Mutex
	sources []*source // of the dashboards that run, the newest last
	end     chan struct{}
	done    chan struct{}

	took  uint64 // requests that had ended at the last tick
	times timeline
	tick  uint64 // the number of the present tick, which is times.next
	last  time.Time
	names map[key]*known
	warm  []*known // at which something has happened in the last ticks
	past  map[key]*series
}

// attach has a source sampled from now on.
func (h *History) attach(s *source) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.names == nil {
		h.names, h.past, h.last = map[key]*known{}, map[key]*series{}, time.Now()
		h.lost = lostcontext.New()
	}
	h.requests.keep.Store(nil)
	if s.keep != nil {
		h.requests.keep.Store(&s.keep)
	}
	s.observe(h.ended)
	h.sources = append(h.sources, s)
	s.read(h, true) // what was there before is not of this second
	s.begin()
	s.each(func(c *counted) {
		if c.list != nil {
			c.list.show(h, c)
		}
	})
	h.now.Store(&snapshot{time.Now(), s.view(h)})
	if h.end == nil {
		h.end, h.done = make(chan struct{}), make(chan struct{})
		go h.run(h.end, h.done)
	}
}

// newest is the source that is shown.
func (h *History) newest() *source {
	if len(h.sources) == 0 {
		return nil
	}
	return h.sources[len(h.sources)-1]
}

// ended takes a request that has ended.
func (h *History) ended(r *record.Record) {
	h.requests.take(r)
	h.lost.Observe(r)
}

// LostContext returns the services that seem to lose the trace context, and how many
// requests were not looked at for that.
func (h *History) LostContext() (suspects []lostcontext.Suspect, skipped uint64) {
	h.mu.Lock()
	lost := h.lost
	h.mu.Unlock()
	if lost == nil {
		return nil, 0
	}
	return lost.Suspects(), lost.Skipped()
}

// detach ends that. When the last source is gone, so is the goroutine.
func (h *History) detach(s *source) {
	h.mu.Lock()
	at := slices.Index(h.sources, s)
	if at < 0 {
		h.mu.Unlock()
		return
	}
	h.sources = slices.Delete(h.sources, at, at+1)
	s.forget(h.sources)
	s.each(func(c *counted) { c.gone(h) })
	if now := h.newest(); now != nil {
		now.each(func(c *counted) { c.shown = c })
	}
	end, done := h.end, h.done
	if len(h.sources) > 0 {
		end = nil
	} else {
		h.end, h.done = nil, nil
	}
	h.mu.Unlock()
	if end != nil {
		close(end)
		<-done
	}
}

func (h *History) run(end <-chan struct{}, done chan<- struct{}) {
	defer close(done)
	ticker := time.NewTicker(fineTick)
	defer ticker.Stop()
	for {
		select {
		case <-end:
			return
		case now := <-ticker.C:
			h.pass(now)
			h.lost.Look(now)
		}
	}
}

// pass ends a tick.
func (h *History) pass(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.sources) == 0 {
		return
	}
	took := now.Sub(h.last)
	h.last = now
	s := h.sample(took)
	h.now.Store(s)
	h.requests.thin(&h.took, took, s.slow())
}

// sample reads all sources and returns what they show. The newest one says what there is
// now; what others do still counts. h.mu is held.
func (h *History) sample(took time.Duration) *snapshot {
	tick, coarse := h.begin(took)
	for _, s := range h.sources {
		s.read(h, false)
	}
	h.track()
	for k := range h.past {
		if one := h.names[k]; one != nil {
			one.fine, one.coarse, one.recent = nil, nil, nil
		}
	}
	for _, s := range h.sources {
		s.readLatencies(h, coarse)
	}
	for k, s := range h.past {
		now, long := h.names[k].sample(h.tick)
		s.add(tick, now, coarse, long)
	}
	return h.show()
}

// begin begins to count a tick that took so long.
func (h *History) begin(took time.Duration) (tick uint64, coarse bool) {
	tick, coarse = h.times.advance(h.last, took)
	h.tick = h.times.next
	return tick, coarse
}

// show has all views say what is so now.
func (h *History) show() *snapshot {
	shown := func(k *known) {
		if k != nil && k.shown != nil && k.shown.list != nil {
			k.shown.list.show(h, k.shown)
		}
	}
	for _, k := range h.warm {
		shown(k)
	}
	for k := range h.past {
		if one := h.names[k]; one != nil && !one.warm {
			shown(one)
		}
	}
	h.warm = slices.DeleteFunc(h.warm, func(k *known) bool {
		k.warm = h.tick < k.last+windowSize
		return !k.warm
	})
	s := h.newest()
	for _, r := range s.routers {
		r.look(h)
	}
	return &snapshot{h.last, s.view(h)}
}

// know returns what is known of a name.
func (h *History) know(k key, first bool) *known {
	one := h.names[k]
	if one == nil {
		one = &known{key: k, since: h.tick, last: h.tick, scored: h.tick}
		if !first {
			one.since-- // it counts for the present tick
		}
		h.names[k] = one
	}
	return one
}

// note notes what happened at a name in the present tick.
func (h *History) note(k *known, what tally) {
	k.happened(h.tick, what)
	k.score = k.scoreAt(h.tick) + (1-decay)*float64(what.ended)
	if !k.warm {
		k.warm = true
		h.warm = append(h.warm, k)
	}
}

// track gives names a past: all routers and servers, and the busiest others. One that is
// idle keeps it until a busier one has none.
func (h *History) track() {
	var room [ofClient + 1]int
	room[ofRouter], room[ofServer] = maxFixed/2, maxFixed/2
	room[ofService], room[ofClient] = maxTracked, maxTracked
	var quietest [ofClient + 1]*series
	for k, s := range h.past {
		room[k.kind]--
		if q := quietest[k.kind]; q == nil || h.score(k) < h.score(q.key) {
			quietest[k.kind] = s
		}
	}
	var fresh []*known
	for _, k := range h.warm {
		if h.names[k.key] == k && h.past[k.key] == nil && (k.in(h.tick).ended > 0 || k.kind < ofService) {
			fresh = append(fresh, k)
		}
	}
	slices.SortFunc(fresh, func(a, b *known) int {
		return cmp.Or(cmp.Compare(b.scoreAt(h.tick), a.scoreAt(h.tick)), cmp.Compare(a.router, b.router), cmp.Compare(a.name, b.name))
	})
	for _, one := range fresh {
		k := one.key
		switch q := quietest[k.kind]; {
		case room[k.kind] > 0:
			room[k.kind]--
			h.past[k] = &series{key: k, since: h.times.next - 1}
		case q != nil && (h.names[q.key] == nil || k.kind >= ofService && h.score(k) > 1.5*h.score(q.key)+0.05):
			h.forget(q.key)
			quietest[k.kind] = nil // one in a tick
			h.past[k] = &series{key: k, since: h.times.next - 1}
		}
	}
}

// forget drops the past of a name.
func (h *History) forget(k key) {
	delete(h.past, k)
	one := h.names[k]
	if one == nil {
		return
	}
	one.fine, one.coarse, one.recent = nil, nil, nil
	if one.shown != nil && one.shown.list != nil {
		one.shown.list.show(h, one.shown)
	}
}

func (h *History) score(k key) float64 {
	if one := h.names[k]; one != nil {
		return one.scoreAt(h.tick)
	}
	return -1 // it is gone
}

// figuresOf is what a name has done, as it is shown.
func (h *History) figuresOf(c *counted) figures {
	k := c.known
	f := figures{key: k.key, success: c.now.success, failures: c.now.failures, retries: c.now.again, pending: k.pending, latency: k.recent}
	for tick := h.tick; tick > k.since && tick+windowSize > h.tick; tick-- {
		did := k.in(tick)
		f.seconds += float64(h.times.fineTook[(tick-1)%fineTicks])
		f.ended += float64(did.ended)
		f.failed += float64(did.failed)
		f.again += float64(did.again)
	}
	return f
}

// viewOf returns a service or a client as it is shown; nil: there is none.
func (h *History) viewOf(k key) *nameView {
	h.mu.Lock()
	defer h.mu.Unlock()
	one := h.names[k]
	if one == nil || one.shown == nil || one.shown.list == nil {
		return nil
	}
	return one.shown.list.views[one.shown.place]
}

// pastOf returns the past of a name: the last 10 minutes or, long, 6 hours.
func (h *History) pastOf(k key, long bool) []point {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.past[k]
	if s == nil {
		return nil
	}
	return h.times.past(s, long)
}
