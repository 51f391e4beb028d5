package trace

import (
	"context"
	"sync/atomic"

	oteltrace "go.opentelemetry.io/otel/trace"
)

// room is the room that the server span of a hop has for the client span of the first attempt,
// so that both are one allocation. Whoever is first takes it; a further attempt has a span of
// its own.
type room[S any] struct{ left atomic.Pointer[S] }

// take returns the room, once; nil: there is none.
func (r *room[S]) take() *S {
	if r.left.Load() == nil {
		return nil
	}
	return r.left.Swap(nil)
}

// nonRecordingFor returns the memory of a span that is to be opened in ctx.
func nonRecordingFor(ctx context.Context, o samplingRequest, kind oteltrace.SpanKind) *nonRecordingSpan {
	switch {
	case o.named: // the server span of a hop
		both := new([2]nonRecordingSpan)
		both[0].room.left.Store(&both[1])
		return &both[0]
	case kind == oteltrace.SpanKindClient:
		if parent, ok := oteltrace.SpanFromContext(ctx).(*nonRecordingSpan); ok {
			if s := parent.room.take(); s != nil {
				return s
			}
		}
	}
	return new(nonRecordingSpan)
}

// recordingFor is the same for a span that records.
func recordingFor(ctx context.Context, o samplingRequest, kind oteltrace.SpanKind) *recording {
	switch {
	case o.named:
		both := new([2]recording)
		both[0].room.left.Store(&both[1])
		return &both[0]
	case kind == oteltrace.SpanKindClient:
		if parent, ok := oteltrace.SpanFromContext(ctx).(*recording); ok {
			if s := parent.room.take(); s != nil {
				return s
			}
		}
	}
	return new(recording)
}
