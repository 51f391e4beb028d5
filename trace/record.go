package trace

import (
	"net/netip"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// Record is a finished span. Whoever is given one must not change it.
type Record struct {
	// Context holds the span's ids. Context.Parent is the parent span,
	// zero for a root.
	Context
	// Name is the span's name, for example "outgoing /svc/hello".
	Name string
	// Service is the name of the service that made the span, for example
	// "0.0.0.0/4140". It differs from span to span in one process.
	Service string
	// Kind is the span's role.
	Kind oteltrace.SpanKind
	// Start and End bound the span. End is never before Start.
	Start, End time.Time
	// Attributes are in the order in which they were first set; keys are
	// unique.
	Attributes []attribute.KeyValue
	// Events are in the order in which they were added.
	Events []Event
	// Links point to related spans.
	Links []oteltrace.Link
	// Status is Unset unless somebody set it.
	Status codes.Code
	// StatusText describes an Error status.
	StatusText string
	// Local and Peer are the addresses of the connection, where known.
	Local, Peer netip.AddrPort
	// Scope and ScopeVersion name the instrumentation that made the span;
	// they are empty for the spans of a Hop.
	Scope, ScopeVersion string
	// Dropped counts what did not fit into the span's limits.
	Dropped Dropped
}

// Event is something that happened at one moment of a span.
type Event struct {
	Name       string
	Time       time.Time
	Attributes []attribute.KeyValue
}

// Dropped counts what a span refused because of its limits.
type Dropped struct {
	Attributes, Events, Links int
}

// Sink takes finished, sampled spans. Add is called on the goroutine that
// ended the span: it must not block, and it must be safe for concurrent use.
// It may encode the record at once or keep it.
type Sink interface {
	Add(r *Record)
}

// A Borrower is a Sink that may be done with a record when Add returns. Where
// KeepsNothing is true it keeps neither the record nor a slice or a string of
// it, so that their memory serves the next span. A Sink that embeds one and
// keeps records has to say so itself.
type Borrower interface {
	Sink
	KeepsNothing() bool
}

// Tee returns a Sink that passes each record to all sinks, in order. Nil
// sinks are left out.
func Tee(sinks ...Sink) Sink {
	var t tee
	for _, s := range sinks {
		if s != nil {
			t = append(t, s)
		}
	}
	return t
}

type tee []Sink

// KeepsNothing is true if it is so for all of them.
func (t tee) KeepsNothing() bool {
	return !slices.ContainsFunc(t, func(s Sink) bool { return !keepsNothing(s) })
}

func keepsNothing(s Sink) bool {
	b, ok := s.(Borrower)
	return ok && b.KeepsNothing()
}

func (t tee) Add(r *Record) {
	for _, s := range t {
		s.Add(r)
	}
}
