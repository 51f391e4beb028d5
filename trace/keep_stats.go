package trace

import "sync/atomic"

// KeepStats counts what a Provider keeps and holds; see [KeepConfig].
type KeepStats struct {
	// Errors, Slow, Overrides and Asked count traces by why they were kept. Asked are
	// those of which a response said so.
	Errors, Slow, Overrides, Asked uint64
	// Limited counts the requests that were not kept because of MaxTracesPerSecond.
	Limited uint64
	// Spans counts the spans that were kept.
	Spans uint64
	// Told counts the responses that told a caller to keep its spans.
	Told uint64
	// Ignored counts the responses that named another trace than that of their request.
	Ignored uint64
	// Evicted counts the spans that left before their time because there was no room.
	Evicted uint64
	// Held is the number of spans that are held now, and HeldBytes their memory.
	Held, HeldBytes uint64
}

type keepCounters struct {
	traces                        [keepReasons]atomic.Uint64
	spans, told, ignored, evicted atomic.Uint64
}

// stats is nil-safe: without a keeper all counters are zero.
func (k *keeper) stats() (s KeepStats) {
	if k == nil {
		return s
	}
	c := &k.count
	s = KeepStats{
		Errors: c.traces[keptError].Load(), Slow: c.traces[keptSlow].Load(),
		Overrides: c.traces[keptOverride].Load(), Asked: c.traces[keptAsked].Load(),
		Spans: c.spans.Load(), Told: c.told.Load(), Ignored: c.ignored.Load(), Evicted: c.evicted.Load(),
	}
	if k.limit != nil {
		s.Limited = k.limit.refused.Load()
	}
	for i := range k.buffers {
		b := &k.buffers[i]
		b.mu.Lock()
		s.Held += uint64(b.count)
		s.HeldBytes += uint64(b.used)
		b.mu.Unlock()
	}
	return s
}
