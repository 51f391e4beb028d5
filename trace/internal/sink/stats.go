package sink

import (
	"sync/atomic"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/drops"
)

type counters struct {
	exported, retries atomic.Uint64
	dropped           drops.Counters
}

// Stats returns the counters. QueuedBytes is the part of the budget that is
// in use. It may be called at any time, also after Close.
func (s *Sink) Stats() trace.PipelineStats {
	// Received is read last: a span is received before it is anything else,
	// so Queued can not come out negative.
	stats := trace.PipelineStats{
		Exported:    s.count.exported.Load(),
		Retries:     s.count.retries.Load(),
		Dropped:     trace.Drops(s.count.dropped.Load()),
		QueuedBytes: s.buffers.bytes(),
	}
	for i := range s.shards {
		stats.Received += s.shards[i].received.Load()
	}
	stats.Queued = stats.Received - stats.Exported - stats.Dropped.Total()
	return stats
}
