package collector

import (
	"hash/maphash"
	"sync"
)

// The estimated overheads of the store, in bytes.
const (
	traceCost     = 400
	seenCost      = 24
	perSpanCost   = 16
	serviceCost   = 700
	nameCost      = 96
	membershipMem = 48
)

// store keeps traces in the order in which their first span arrived.
type store struct {
	mu       sync.RWMutex
	config   Config
	seed     maphash.Seed
	traces   map[traceID]*storedTrace
	byLow    map[uint64]*storedTrace // the newest trace with these lower bits
	oldest   *storedTrace
	newest   *storedTrace
	services map[string]*service
	counted  Stats
}

type storedTrace struct {
	key          traceID
	spans        []*span             // append-only, so that a copy of the slice header is a snapshot
	seen         map[uint64]struct{} // digests of spans, once there are more than a few
	first, last  int64               // timestamps of spans in microseconds; 0: no span has one
	bytes        int64
	refused      int
	uploaded     int // spans that came by the form
	older, newer *storedTrace
	lowOlder     *storedTrace
	lowNewer     *storedTrace
}

const short = 16

func newStore(c Config) *store {
	s := &store{config: c, seed: maphash.MakeSeed()}
	s.reset()
	return s
}

func (s *store) reset() {
	s.traces = map[traceID]*storedTrace{}
	s.byLow = map[uint64]*storedTrace{}
	s.services = map[string]*service{}
	s.oldest, s.newest = nil, nil
	s.counted.Spans, s.counted.Traces, s.counted.Bytes = 0, 0, 0
}

func (s *store) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reset()
}

func (s *store) stats() Stats {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.counted
}

func (s *store) key(t traceID) traceID {
	if s.config.LenientTraceIDs {
		t.high = 0
	}
	return t
}

// add stores finished spans, and notes those that a form uploaded; nil: a tracer sent
// them. The caller must not use the spans afterwards.
func (s *store) add(spans []*span, from *upload) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counted.Received += uint64(len(spans))
	for _, sp := range spans {
		s.addOne(sp, from)
		for s.oldest != nil && (s.counted.Spans > s.config.MaxSpans || s.counted.Bytes > s.config.MaxBytes) {
			s.evict(s.oldest)
		}
	}
}

func (s *store) addOne(sp *span, from *upload) {
	key := s.key(sp.trace)
	from.note(key)
	t := s.traces[key]
	if t == nil {
		t = &storedTrace{key: key}
		s.link(t)
	}
	if t.has(sp) {
		s.counted.Duplicates++
		return
	}
	size := sp.size() + perSpanCost
	if len(t.spans) >= s.config.MaxTraceSpans || t.bytes+size > s.config.MaxBytes/4 {
		t.refused++
		s.counted.TraceFull++
		// Remove a trace whose first span does not fit, because it would be empty.
		if len(t.spans) == 0 {
			s.unlink(t)
		}
		return
	}
	size += t.remember(sp)
	t.spans = append(t.spans, sp)
	t.bytes += size
	if from != nil {
		t.uploaded++
		s.counted.Uploaded++
	}
	if sp.timestamp > 0 {
		if t.first == 0 || sp.timestamp < t.first {
			t.first = sp.timestamp
		}
		t.last = max(t.last, sp.timestamp)
	}
	s.counted.Spans++
	s.counted.Stored++
	s.counted.Bytes += size
	if sp.cut {
		s.counted.Cut++
	}
	s.index(t, sp)
}

func (t *storedTrace) has(sp *span) bool {
	if t.seen != nil {
		_, ok := t.seen[sp.hash]
		return ok
	}
	for _, o := range t.spans {
		if o.hash == sp.hash {
			return true
		}
	}
	return false
}

// remember notes a span for the detection of duplicates. It returns how many bytes that
// takes.
func (t *storedTrace) remember(sp *span) int64 {
	if t.seen == nil {
		if len(t.spans) < short {
			return 0
		}
		t.seen = make(map[uint64]struct{}, 2*short)
		for _, o := range t.spans {
			t.seen[o.hash] = struct{}{}
		}
		t.seen[sp.hash] = struct{}{}
		return seenCost * (short + 1)
	}
	t.seen[sp.hash] = struct{}{}
	return seenCost
}

func (s *store) link(t *storedTrace) {
	s.traces[t.key] = t
	if t.older = s.newest; t.older != nil {
		t.older.newer = t
	} else {
		s.oldest = t
	}
	s.newest = t
	if t.key.high != 0 {
		if t.lowOlder = s.byLow[t.key.low]; t.lowOlder != nil {
			t.lowOlder.lowNewer = t
		}
		s.byLow[t.key.low] = t
	}
	s.counted.Traces++
	s.counted.Bytes += traceCost
}

func (s *store) unlink(t *storedTrace) {
	delete(s.traces, t.key)
	if t.older != nil {
		t.older.newer = t.newer
	} else {
		s.oldest = t.newer
	}
	if t.newer != nil {
		t.newer.older = t.older
	} else {
		s.newest = t.older
	}
	if t.key.high != 0 {
		if t.lowOlder != nil {
			t.lowOlder.lowNewer = t.lowNewer
		}
		switch {
		case t.lowNewer != nil:
			t.lowNewer.lowOlder = t.lowOlder
		case t.lowOlder != nil:
			s.byLow[t.key.low] = t.lowOlder
		default:
			delete(s.byLow, t.key.low)
		}
	}
	s.counted.Traces--
	s.counted.Bytes -= traceCost + t.bytes
	s.counted.Spans -= len(t.spans)
}

func (s *store) evict(t *storedTrace) {
	s.unindex(t)
	s.unlink(t)
	s.counted.Evicted += uint64(len(t.spans))
	s.counted.EvictedTraces++
}
