package collector

import (
	"container/heap"
	"strings"
)

// view is a snapshot of a trace. Its spans are not modified any more.
type view struct {
	spans   []*span
	refused int // spans that came after the trace was full
}

func (t *storedTrace) view() view {
	return view{t.spans[:len(t.spans):len(t.spans)], t.refused}
}

// find returns the newest traces that match, newest first. The age of a trace is that of
// the latest start of a span within the time that the query asks for.
func (s *store) find(q query) []view {
	s.mu.RLock()
	defer s.mu.RUnlock()
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
	var out []view
	for len(candidates) > 0 && len(out) < q.limit {
		if t := heap.Pop(&candidates).(candidate).trace; q.matches(t.spans) {
			out = append(out, t.view())
		}
	}
	return out
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

// between returns the traces with a span that starts in the given time. Traces whose ids
// differ only in the upper 64 bits are joined, because some of their tracers knew only the
// lower ones.
func (s *store) between(begin, end int64) [][]*span {
	s.mu.RLock()
	defer s.mu.RUnlock()
	at := map[uint64]int{}
	var out [][]*span
	for t := s.oldest; t != nil; t = t.newer {
		if _, ok := t.lastIn(begin, end); !ok {
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
	return strings.Compare(b[i].trace.key.String(), b[j].trace.key.String()) > 0
}
func (b byTime) Swap(i, j int) { b[i], b[j] = b[j], b[i] }
func (b *byTime) Push(x any)   { *b = append(*b, x.(candidate)) }
func (b *byTime) Pop() any {
	last := (*b)[len(*b)-1]
	*b = (*b)[:len(*b)-1]
	return last
}
