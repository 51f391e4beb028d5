package trace

import (
	"sync"

	"go.opentelemetry.io/otel/attribute"
)

// pooledRecord is a record that is still being written, with memory for what a
// span of a hop usually has: its names and its first attributes and events.
type pooledRecord struct {
	Record
	arena      arena
	attributes [usualAttributes]attribute.KeyValue
	events     [usualEvents]Event
}

// What a span of a hop usually has.
const (
	usualAttributes = 14
	usualEvents     = 3
)

// recordPool holds the records that the sink has finished with. pool is nil if
// the sink keeps records.
type recordPool struct{ pool *sync.Pool }

func newRecordPool(s Sink) recordPool {
	if retainsNothing(s) {
		return recordPool{&sync.Pool{New: func() any { return new(pooledRecord) }}}
	}
	return recordPool{}
}

// get returns a span with a record to write to.
func (p recordPool) get() *recording {
	if p.pool != nil {
		return &recording{pooledRecord: p.pool.Get().(*pooledRecord)}
	}
	both := new(struct { // one allocation
		recording
		pooledRecord
	})
	both.recording.pooledRecord = &both.pooledRecord
	return &both.recording
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
