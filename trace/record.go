package trace

import (
	"net/netip"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// Record is a finished span. A Sink or Exporter must not change it.
type Record struct {
	// Context holds the span's ids. Context.Parent is the parent span,
	// zero for a root.
	Context
	// Name is the span's name, for example "outgoing /svc/hello".
	Name string
	// Service is the name of the service that made the span, for example
	// "0.0.0.0/4140". Spans of one process may have different ones.
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
	// Request is what a Hop's server span keeps of its request beside the tags, which
	// are Linkerd's and say nothing of it.
	Request ServerRequest
	// Scope and ScopeVersion name the instrumentation that made the span;
	// they are empty for the spans of a Hop.
	Scope, ScopeVersion string
	// DroppedAttributes, DroppedEvents and DroppedLinks count what exceeded the
	// span's limits. Attributes of events and links are counted with the
	// span's.
	DroppedAttributes, DroppedEvents, DroppedLinks int
}

// ServerRequest is a request that was served and the status of the response. Its texts
// are within the span's limits.
type ServerRequest struct {
	// Method is empty if the request is not known.
	Method string
	// Scheme is "http" or "https".
	Scheme string
	// Host is the host, and the port if there is one, that the request is for.
	Host string
	// Path is escaped, and Query is without the question mark.
	Path, Query string
	// Proto is the protocol, such as "HTTP/1.1".
	Proto string
	// UserAgent is the value of that header.
	UserAgent string
	// Status is that of the response; 0: none was sent.
	Status int
}

// Event is something that happened at one time during a span.
type Event struct {
	Name       string
	Time       time.Time
	Attributes []attribute.KeyValue
}

// Sink receives finished, sampled spans. Add is called on the goroutine that
// ended the span: it must not block, and must be safe for concurrent use. It may
// encode the record at once or keep it. A [Pipeline] is the Sink for spans that are
// exported in batches.
//
// A Sink that has finished with a record when Add returns may say so with a method
// RetainsNothing() bool. If that returns true, the sink keeps neither the record nor a
// slice or a string of it, and their memory is used for the next span. A Sink that embeds
// one and keeps records has to override the method.
type Sink interface {
	Add(r *Record)
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

// RetainsNothing is true if it is true of all sinks.
func (t tee) RetainsNothing() bool {
	return !slices.ContainsFunc(t, func(s Sink) bool { return !retainsNothing(s) })
}

func retainsNothing(s Sink) bool {
	b, ok := s.(interface{ RetainsNothing() bool })
	return ok && b.RetainsNothing()
}

func (t tee) Add(r *Record) {
	for _, s := range t {
		s.Add(r)
	}
}
