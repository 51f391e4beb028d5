package collector

import (
	"container/heap"
)

// view is a snapshot of a trace. Its spans are not modified any more.
type view struct {
	spans   []*span
	refused int   // spans that came after the trace was full
	byForm  int   // spans that were uploaded by the form
	at      int64 // of a trace that was found: its place among others, in milliseconds
	key     traceID
}

func (t *storedTrace) view() view {
	return view{spans: t.spans[:len(t.spans):len(t.spans)], refused: t.refused, byForm: t.uploaded, key: t.key}
}

// maxCounted bounds the spans that are looked at to count the traces that match besides
// those that are shown.
const maxCounted = 200_000

// found are the traces of one page of a search, and how many there are besides.
type found struct {
	views  []view
	before int  // traces that match and come before these
	more   int  // those that come after
	all    bool // before and more are complete
}

// find returns the newest traces that match, newest first. The age of a trace is that of
// the latest start of a span within the time that the query asks for.
func (s *store) find(q query) []view { return s.page(q, nil).views }

// page returns the traces that find would, from the one after a place on; nil is the
// beginning. A place does not move when traces are added: a trace that comes later than
// the end of the query's time is not among them, and one that gets more spans only moves
// towards the beginning. The traces that are not returned are counted as far as that
// takes bounded work; those that come after only if the query counts.
func (s *store) page(q query, after *place) found {
	s.mu.RLock()
	defer s.mu.RUnlock()
	candidates := s.candidates(q)
	f := found{all: true}
	budget := maxCounted
	count := func(t *storedTrace) bool {
		if budget -= len(t.spans) + 1; budget < 0 {
			f.all = false
			return false
		}
		return q.matches(t.spans)
	}
	for len(candidates) > 0 {
		c := heap.Pop(&candidates).(candidate)
		switch {
		case after != nil && !after.before(c):
			f.before += btoi(count(c.trace))
		case len(f.views) < q.limit:
			if q.matches(c.trace.spans) {
				v := c.trace.view()
				v.at = c.at
				f.views = append(f.views, v)
			}
		case !q.counts || budget < 0:
			return f
		default:
			f.more += btoi(count(c.trace))
		}
	}
	return f
}

// candidates returns the traces that can match, as a heap.
func (s *store) candidates(q query) byTime {
	candidates := make(byTime, 0, 64)
	consider := func(t *storedTrace) {
		if last, ok := t.lastIn(q.beginMicros(), mulSaturating(q.endTs, 1000)); ok {
			candidates = append(candidates, candidate{last / 1000, t})
		}
	}
	if q.service == "" {
		for t := s.newest; t != nil; t = t.older {
			consider(t)
		}
	} else if svc := s.services[q.service]; svc != nil {
		for t := range svc.traces {
			consider(t)
		}
	}
	heap.Init(&candidates)
	return candidates
}

// lastIn returns the latest start of a span between begin and end.
func (t *storedTrace) lastIn(begin, end int64) (int64, bool) {
	if t.last == 0 || t.last < begin || t.first > end {
		return 0, false
	}
	if t.last <= end {
		return t.last, true
	}
	last := int64(0)
	for _, s := range t.spans {
		if s.timestamp >= begin && s.timestamp <= end {
			last = max(last, s.timestamp)
		}
	}
	return last, last > 0
}

// lookup returns the trace with an id, or an empty view if there is none. The package comment
// says what an id of 16 digits finds.
func (s *store) lookup(id traceID) view {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.traces[s.key(id)]
	if t == nil && id.high == 0 {
		t = s.byLow[id.low]
	}
	if t == nil {
		return view{}
	}
	return t.view()
}

// either returns the trace with an id, or else one whose id has the same lower 64 bits,
// whichever of the two is the longer one.
func (s *store) either(id traceID) (traceID, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.traces[s.key(id)]
	if t == nil {
		t = s.traces[traceID{low: id.low}]
	}
	if t == nil {
		t = s.byLow[id.low]
	}
	if t == nil {
		return traceID{}, false
	}
	return t.key, true
}

// foreign reports whether all of a trace was uploaded by the form. It says nothing of the
// services that report here, then.
func (t *storedTrace) foreign() bool { return t.uploaded == len(t.spans) }

// between returns the traces with a span that starts in the given time, those that were
// uploaded by the form left out. Traces whose ids
// differ only in the upper 64 bits are joined, because some of their tracers knew only the
// lower ones.
func (s *store) between(begin, end int64) [][]*span {
	s.mu.RLock()
	defer s.mu.RUnlock()
	at := map[uint64]int{}
	var out [][]*span
	for t := s.oldest; t != nil; t = t.newer {
		if _, ok := t.lastIn(begin, end); !ok || t.foreign() {
			continue
		}
		if i, ok := at[t.key.low]; ok {
			out[i] = append(out[i], t.spans...)
			continue
		}
		at[t.key.low] = len(out)
		out = append(out, t.view().spans)
	}
	return out
}

type candidate struct {
	at    int64 // milliseconds
	trace *storedTrace
}

type byTime []candidate

func (b byTime) Len() int { return len(b) }
func (b byTime) Less(i, j int) bool {
	if b[i].at != b[j].at {
		return b[i].at > b[j].at
	}
	return b[i].trace.key.compare(b[j].trace.key) > 0
}
func (b byTime) Swap(i, j int) { b[i], b[j] = b[j], b[i] }
func (b *byTime) Push(x any)   { *b = append(*b, x.(candidate)) }
func (b *byTime) Pop() any {
	last := (*b)[len(*b)-1]
	*b = (*b)[:len(*b)-1]
	return last
}
