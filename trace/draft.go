package trace

import (
	"sync"

	"go.opentelemetry.io/otel/attribute"
)

// draft is a record that is still being written, with room for what a span of
// a hop has: its names and its first attributes and events.
type draft struct {
	Record
	text       text
	attributes [usualAttributes]attribute.KeyValue
	events     [usualEvents]Event
}

// What a span of a hop has.
const (
	usualAttributes = 14
	usualEvents     = 3
)

// drafts are those that a sink is done with; nil: it keeps them.
type drafts struct{ pool *sync.Pool }

func draftsFor(s Sink) drafts {
	if retainsNothing(s) {
		return drafts{&sync.Pool{New: func() any { return new(draft) }}}
	}
	return drafts{}
}

// take returns a span with a draft to write in.
func (d drafts) take() *recording {
	if d.pool != nil {
		return &recording{draft: d.pool.Get().(*draft)}
	}
	both := new(struct { // one allocation
		recording
		draft
	})
	both.recording.draft = &both.draft
	return &both.recording
}

// give takes back a draft that nobody but the caller knows.
func (d drafts) give(old *draft) {
	if d.pool == nil {
		return
	}
	clear(old.attributes[:min(len(old.Attributes), usualAttributes)])
	clear(old.events[:min(len(old.Events), usualEvents)])
	old.Record, old.text.used = Record{}, 0
	d.pool.Put(old)
}
