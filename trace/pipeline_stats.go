package trace

import (
	"sync/atomic"

	"github.com/meshhop/meshhop/trace/internal/drops"
)

// PipelineStats counts the spans of a Pipeline since it was made:
// Received == Exported + Dropped.Total() + Queued.
type PipelineStats struct {
	// Received counts the calls of Add.
	Received uint64
	// Exported counts the spans that the exporter delivered.
	Exported uint64
	// Dropped counts the others, by reason.
	Dropped Drops
	// Queued is the number of spans that are waiting or being sent now.
	Queued uint64
	// QueuedBytes is their size in memory. It is 0 if it is not known, as in a
	// Pipeline.
	QueuedBytes uint64
	// Retries counts the exports of a batch after its first.
	Retries uint64
}

// Drops counts dropped spans by reason: because the queue was full, because the pipeline
// was closed, or for the Reason of an [ExportError].
type Drops struct {
	QueueFull, Refused, Timeout, Status, Shutdown uint64
}

// Total is the sum over all reasons.
func (d Drops) Total() uint64 {
	return d.QueueFull + d.Refused + d.Timeout + d.Status + d.Shutdown
}

type counters struct {
	received, exported, retries atomic.Uint64
	dropped                     drops.Counters
	held                        atomic.Int64
}

// Stats returns the counters. It may be called at any time, also after Close.
func (p *Pipeline) Stats() PipelineStats {
	// Received is read last: a span is counted as received before it is
	// exported or dropped, so that Queued is never negative.
	s := PipelineStats{
		Exported: p.count.exported.Load(),
		Retries:  p.count.retries.Load(),
		Dropped:  Drops(p.count.dropped.Load()),
	}
	s.Received = p.count.received.Load()
	s.Queued = s.Received - s.Exported - s.Dropped.Total()
	return s
}

func (p *Pipeline) drop(why string, n int) { p.count.dropped.Add(why, uint64(n)) }

// completeDropped counts n spans of the queue as dropped.
func (p *Pipeline) completeDropped(why string, n int) {
	p.drop(why, n)
	p.count.held.Add(-int64(n))
}

func (p *Pipeline) completeExported(n int) {
	p.count.exported.Add(uint64(n))
	p.count.held.Add(-int64(n))
}
