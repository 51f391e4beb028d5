package trace

import (
	"context"
	"fmt"
	"time"
)

// Exporter sends finished spans to a destination. A Pipeline makes one call of
// Export at a time. Export must return soon after ctx is done, and must not change
// or keep the records. An error that is, or wraps, an *ExportError tells the
// Pipeline whether to try again; any other error counts as a connection failure,
// and the batch is tried again. tracetest.TestExporter checks an exporter that posts
// to a collector.
type Exporter interface {
	Export(ctx context.Context, spans []*Record) error
	// Shutdown releases the resources of the exporter. It is called once,
	// after the last Export.
	Shutdown(ctx context.Context) error
}

// Reason is why spans were dropped.
type Reason uint8

const (
	// QueueFull means that the queue was full.
	QueueFull Reason = iota
	// Refused means that connecting failed or that the connection broke.
	Refused
	// Timeout means that the collector did not respond in time.
	Timeout
	// Status means that the collector responded with an error.
	Status
	// Shutdown means that the pipeline was closed before the spans were sent.
	Shutdown

	reasons = iota
)

// String returns the reason as it stands in a metric's label.
func (r Reason) String() string {
	switch r {
	case QueueFull:
		return "queue_full"
	case Refused:
		return "refused"
	case Timeout:
		return "timeout"
	case Status:
		return "status"
	case Shutdown:
		return "shutdown"
	default:
		return fmt.Sprintf("reason(%d)", uint8(r))
	}
}

// ExportError tells a Pipeline why an export failed, and what to do next.
type ExportError struct {
	// Reason is counted if the spans are dropped.
	Reason Reason
	// Permanent means that trying again is useless.
	Permanent bool
	// Sent is the number of spans, from the front of the batch, that have
	// arrived. Only the rest is tried again.
	Sent int
	// RetryAfter is the shortest wait that the collector asked for.
	RetryAfter time.Duration
	// Err is the cause.
	Err error
}

// Error returns the cause's text.
func (e *ExportError) Error() string {
	if e.Err == nil {
		return "trace: export: " + e.Reason.String()
	}
	return e.Err.Error()
}

// Unwrap returns the cause.
func (e *ExportError) Unwrap() error { return e.Err }
