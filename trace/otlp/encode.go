package otlp

import (
	"encoding/binary"
	"math"
	"time"

	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/trace"
)

// Fields of the messages of opentelemetry/proto/trace/v1/trace.proto and
// collector/trace/v1/trace_service.proto, with their wire types.
const (
	requestResourceSpans = 1<<3 | delimited

	resourceSpansResource   = 1<<3 | delimited
	resourceSpansScopeSpans = 2<<3 | delimited

	scopeSpansScope  = 1<<3 | delimited
	scopeSpansSpan   = 2<<3 | delimited
	scopeSpansSchema = 3<<3 | delimited

	scopeName    = 1<<3 | delimited
	scopeVersion = 2<<3 | delimited

	resourceAttribute = 1<<3 | delimited

	spanTraceID           = 1<<3 | delimited
	spanID                = 2<<3 | delimited
	spanTraceState        = 3<<3 | delimited
	spanParentID          = 4<<3 | delimited
	spanName              = 5<<3 | delimited
	spanKind              = 6<<3 | varint
	spanStart             = 7<<3 | fixed64
	spanEnd               = 8<<3 | fixed64
	spanAttribute         = 9<<3 | delimited
	spanDroppedAttributes = 10<<3 | varint
	spanEvent             = 11<<3 | delimited
	spanDroppedEvents     = 12<<3 | varint
	spanLink              = 13<<3 | delimited
	spanDroppedLinks      = 14<<3 | varint
	spanStatus            = 15<<3 | delimited
	spanFlags             = 16<<3 | fixed32

	eventTime      = 1<<3 | fixed64
	eventName      = 2<<3 | delimited
	eventAttribute = 3<<3 | delimited

	linkTraceID    = 1<<3 | delimited
	linkSpanID     = 2<<3 | delimited
	linkTraceState = 3<<3 | delimited
	linkAttribute  = 4<<3 | delimited
	linkFlags      = 6<<3 | fixed32

	statusMessage = 2<<3 | delimited
	statusCode    = 3<<3 | varint

	statusOK    = 1
	statusError = 2
)

// Bits of the flags of spans and links beside those of traceparent (enum SpanFlags).
const (
	flagKnowsRemote = 0x100
	flagRemote      = 0x200
)

// Parts hold spans as they stand in a ScopeSpans, in this field; those of another scope
// than a hop's are in another field, each as a ScopeSpans of its own.
const (
	ownSpan     = scopeSpansSpan
	foreignSpan = 1<<3 | delimited
)

// Room for the lengths of messages: what they usually need.
const (
	spanRoom  = 2
	smallRoom = 1
)

// encoder encodes the spans of one resource.
type encoder struct {
	service string // the resource's
}

// append appends r to a part. It allocates nothing but what dst needs to grow, unless r has
// lists for attribute values or texts that are not UTF-8.
func (e *encoder) append(dst []byte, r *trace.Record) []byte {
	if r.Scope == "" {
		dst, at := open(dst, ownSpan, spanRoom)
		return shut(e.span(dst, r), at, spanRoom)
	}
	dst, whole := open(dst, foreignSpan, spanRoom)
	dst, at := open(dst, scopeSpansScope, smallRoom)
	dst = appendText(dst, scopeName, r.Scope)
	dst = appendText(dst, scopeVersion, r.ScopeVersion)
	dst = shut(dst, at, smallRoom)
	dst, at = open(dst, scopeSpansSpan, spanRoom)
	dst = shut(e.span(dst, r), at, spanRoom)
	return shut(dst, whole, spanRoom)
}

func (e *encoder) span(dst []byte, r *trace.Record) []byte {
	dst = appendBytes(dst, spanTraceID, r.Trace[:])
	dst = appendBytes(dst, spanID, r.Span[:])
	dst = appendText(dst, spanTraceState, r.State)
	if r.Parent.IsValid() {
		dst = appendBytes(dst, spanParentID, r.Parent[:])
	}
	dst = appendText(dst, spanName, r.Name)
	dst = appendNumber(dst, spanKind, kind(r.Kind))
	dst = appendFixed64(dst, spanStart, nanos(r.Start))
	dst = appendFixed64(dst, spanEnd, nanos(r.End))
	http := httpOf(r)
	dst = http.attributes(dst, r)
	dst = e.endpoints(dst, r)
	dst = appendNumber(dst, spanDroppedAttributes, count(r.DroppedAttributes))
	for i := range r.Events {
		dst = appendEvent(dst, &r.Events[i], r.Start)
	}
	dst = appendNumber(dst, spanDroppedEvents, count(r.DroppedEvents))
	for i := range r.Links {
		dst = appendLink(dst, &r.Links[i])
	}
	dst = appendNumber(dst, spanDroppedLinks, count(r.DroppedLinks))
	dst = appendStatus(dst, r, http.failed)
	flags := oteltrace.FlagsSampled.WithSampled(r.Sampled()).WithRandom(r.Random)
	return appendFlags(dst, spanFlags, uint32(flags))
}

// kind is the number of a kind, which is the same in both.
func kind(k oteltrace.SpanKind) uint64 {
	if k < oteltrace.SpanKindUnspecified || k > oteltrace.SpanKindConsumer {
		return 0
	}
	return uint64(k)
}

// nanos is a time in nanoseconds since 1970, or 0 if they do not say it.
func nanos(t time.Time) uint64 {
	if s := t.Unix(); s < 0 || s >= math.MaxInt64/int64(time.Second) {
		return 0
	}
	return uint64(t.UnixNano())
}

// count is a number of things that were dropped.
func count(n int) uint64 { return uint64(min(max(n, 0), 1<<31-1)) }

func appendEvent(dst []byte, e *trace.Event, start time.Time) []byte {
	dst, at := open(dst, spanEvent, smallRoom)
	ns := nanos(e.Time)
	if ns == 0 {
		ns = nanos(start)
	}
	dst = appendFixed64(dst, eventTime, ns)
	dst = appendText(dst, eventName, e.Name)
	for i := range e.Attributes {
		dst = appendAttribute(dst, eventAttribute, &e.Attributes[i])
	}
	return shut(dst, at, smallRoom)
}

func appendLink(dst []byte, l *oteltrace.Link) []byte {
	c := l.SpanContext
	trace, span := c.TraceID(), c.SpanID()
	dst, at := open(dst, spanLink, smallRoom)
	dst = appendBytes(dst, linkTraceID, trace[:])
	dst = appendBytes(dst, linkSpanID, span[:])
	dst = appendText(dst, linkTraceState, c.TraceState().String())
	for i := range l.Attributes {
		dst = appendAttribute(dst, linkAttribute, &l.Attributes[i])
	}
	flags := uint32(c.TraceFlags()) | flagKnowsRemote
	if c.IsRemote() {
		flags |= flagRemote
	}
	return shut(appendFlags(dst, linkFlags, flags), at, smallRoom)
}

// appendStatus appends the status that was set, or that of an HTTP request that failed.
func appendStatus(dst []byte, r *trace.Record, failed bool) []byte {
	code, text := uint64(0), ""
	switch {
	case r.Status == codes.Ok:
		code = statusOK
	case r.Status == codes.Error:
		code, text = statusError, r.StatusText
	case failed:
		code = statusError
	default:
		return dst
	}
	dst, at := open(dst, spanStatus, smallRoom)
	dst = appendText(dst, statusMessage, text)
	dst = appendNumber(dst, statusCode, code)
	return shut(dst, at, smallRoom)
}

// appendFlags takes two bytes for the tag of a span's flags, whose number is 16.
func appendFlags(dst []byte, tag uint64, flags uint32) []byte {
	return binary.LittleEndian.AppendUint32(binary.AppendUvarint(dst, tag), flags)
}
