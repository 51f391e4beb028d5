package trace

import (
	"context"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// pooledRecord is a record that is still being written, with memory for what a
// span of a hop usually has: its names and its first attributes and events.
type pooledRecord struct {
	Record
	arena      arena
	attributes [usualAttributes]attribute.KeyValue
	events     [usualEvents]Event
	next       *pooledRecord // of a list of records that nobody needs
}

// What a span of a hop usually has.
const (
	usualAttributes = 14
	usualEvents     = 3
)

// recordPool holds records that nobody refers to any more. pool is nil if there are none:
// the sink keeps those that it gets, and no others are made.
type recordPool struct {
	pool  *sync.Pool
	lends bool // the sink keeps nothing
}

// newRecordPool returns the pool for a sink. held are records that may never come to it.
func newRecordPool(s Sink, held bool) recordPool {
	p := recordPool{lends: retainsNothing(s)}
	if p.lends || held {
		p.pool = &sync.Pool{New: func() any { return new(pooledRecord) }}
	}
	return p
}

// get returns a span with a record to write to, which is to be opened in ctx. sampled means that the sink is going to get
// it; a record that is held must not hold the span.
func (p recordPool) get(ctx context.Context, o samplingRequest, kind oteltrace.SpanKind, sampled bool) *recording {
	if p.pool != nil && (p.lends || !sampled) {
		s := recordingFor(ctx, o, kind)
		s.pooledRecord = p.pool.Get().(*pooledRecord)
		return s
	}
	both := new(struct { // one allocation
		recording
		pooledRecord
	})
	both.recording.pooledRecord = &both.pooledRecord
	return &both.recording
}

// sent takes back a record that the sink has got, if it has finished with it.
func (p recordPool) sent(r *pooledRecord) {
	if p.lends {
		p.put(r)
	}
}

// put takes back a record that only the caller refers to.
func (p recordPool) put(r *pooledRecord) {
	if p.pool == nil {
		return
	}
	clear(r.attributes[:min(len(r.Attributes), usualAttributes)])
	clear(r.events[:min(len(r.Events), usualEvents)])
	r.Record, r.arena.used = Record{}, 0
	p.pool.Put(r)
}
