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
	windowSize = 10  // ticks that a rate is taken over
)

// A History is what dashboards that follow each other remember together: the past of
// what is busiest, and the last requests. While one of them runs, a goroutine samples
// once a second. The zero value is ready for use.
type History struct {
	requests requests
	lost     *lostcontext.Detector // nil before the first dashboard
	now      atomic.Pointer[snapshot]

	mu      sync.Mutex
	sources []*source // of the dashboards that run, the newest last
	end     chan struct{}
	done    chan struct{}

	times timeline
	last  time.Time
	names map[key]*window
	past  map[key]*series
}

// window is what a name did in the last ticks.
type window struct {
	seen  uint64 // the last tick in which it was there
	score float64
	ticks [windowSize]struct{ seconds, ended, failed, again float32 }
}

// attach has a source sampled from now on.
func (h *History) attach(s *source) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.names == nil {
		h.names, h.past, h.last = map[key]*window{}, map[key]*series{}, time.Now()
		h.lost = lostcontext.New()
	}
	h.requests.keep.Store(nil)
	if s.keep != nil {
		h.requests.keep.Store(&s.keep)
	}
	s.observe(h.ended)
	first := s.read(nil) // what was there before is not of this second
	first.at = time.Now()
	first.each(func(f *figures) { h.fill(f, nil) })
	h.sources = append(h.sources, s)
	h.now.Store(first)
	if h.end == nil {
		h.end, h.done = make(chan struct{}), make(chan struct{})
		go h.run(h.end, h.done)
	}
}

// ended takes a request that has ended.
func (h *History) ended(r *record.Record) {
	h.requests.ended(r)
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
			h.tick(now)
			h.lost.Look(now)
		}
	}
}

func (h *History) tick(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.sources) == 0 {
		return
	}
	took := now.Sub(h.last)
	h.last = now
	h.now.Store(h.sample(took))
}

// sample reads all sources and returns what they show. The newest one says what there is
// now; what others do still counts. h.mu is held.
func (h *History) sample(took time.Duration) *snapshot {
	tick, coarse := h.times.advance(h.last, took)
	tracked := func(k key) bool { return h.past[k] != nil }
	changes := map[key]*change{}
	var shown *snapshot
	for _, s := range h.sources {
		shown = s.read(&reading{tracked, changes, coarse})
	}
	shown.at = h.last
	h.remember(tick, float32(took.Seconds()), changes)
	h.track(changes)
	for k, s := range h.past {
		now, long := changes[k].sample()
		s.add(tick, now, coarse, long)
	}
	shown.each(func(f *figures) { h.fill(f, changes[f.key]) })
	return shown
}

// remember keeps the changes of the last ticks, of names that are still there.
func (h *History) remember(tick uint64, seconds float32, changes map[key]*change) {
	for k, c := range changes {
		w := h.names[k]
		if w == nil {
			w = new(window)
			h.names[k] = w
		}
		w.seen = tick
		w.score = w.score*0.98 + float64(c.ended)*0.02
		at := &w.ticks[tick%windowSize]
		at.seconds, at.ended, at.failed, at.again = seconds, float32(c.ended), float32(c.failed), float32(c.again)
	}
	for k, w := range h.names {
		if w.seen != tick {
			delete(h.names, k)
		}
	}
}

// track gives names a past: all routers and servers, and the busiest others. One that is
// idle keeps it until a busier one has none.
func (h *History) track(changes map[key]*change) {
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
	var fresh []key
	for k, c := range changes {
		if h.past[k] == nil && (c.ended > 0 || k.kind < ofService) {
			fresh = append(fresh, k)
		}
	}
	slices.SortFunc(fresh, func(a, b key) int {
		return cmp.Or(cmp.Compare(h.score(b), h.score(a)), cmp.Compare(a.router, b.router), cmp.Compare(a.name, b.name))
	})
	for _, k := range fresh {
		switch q := quietest[k.kind]; {
		case room[k.kind] > 0:
			room[k.kind]--
			h.past[k] = &series{key: k, since: h.times.next - 1}
		case q != nil && (changes[q.key] == nil || k.kind >= ofService && h.score(k) > 1.5*h.score(q.key)+0.05):
			delete(h.past, q.key)
			quietest[k.kind] = nil // one in a tick
			h.past[k] = &series{key: k, since: h.times.next - 1}
		}
	}
}

func (h *History) score(k key) float64 {
	if w := h.names[k]; w != nil {
		return w.score
	}
	return -1 // it is gone
}

// fill sets what is known of the last seconds.
func (h *History) fill(f *figures, c *change) {
	if c != nil {
		f.latency = c.recent
	}
	w := h.names[f.key]
	if w == nil {
		return
	}
	for _, t := range w.ticks {
		f.seconds += float64(t.seconds)
		f.ended += float64(t.ended)
		f.failed += float64(t.failed)
		f.again += float64(t.again)
	}
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

func (s *snapshot) each(do func(*figures)) {
	for _, r := range s.routers {
		do(&r.figures)
		for _, one := range r.servers {
			do(&one.figures)
		}
		for _, one := range r.services {
			do(&one.figures)
		}
		for _, one := range r.clients {
			do(&one.figures)
		}
	}
}
