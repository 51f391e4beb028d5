package trace

import (
	"context"
	"fmt"
	"time"
)

// Exporter sends finished spans somewhere. A Pipeline never calls Export
// twice at the same time. Export must return soon after ctx is done, and
// must not change or keep the records. An error that is, or wraps, an
// *ExportError says what to do next; any other error is taken for a
// connection that failed, and the batch is tried again.
type Exporter interface {
	Export(ctx context.Context, spans []*Record) error
	// Shutdown releases what the exporter holds. It is called once, after
	// the last Export.
	Shutdown(ctx context.Context) error
}

// Reason says why spans were dropped.
type Reason uint8

const (
	// QueueFull means that there was no room.
	QueueFull Reason = iota
	// Refused means that no connection could be made or that it broke.
	Refused
	// Timeout means that the collector did not answer in time.
	Timeout
	// Status means that the collector answered, but not with success.
	Status
	// Shutdown means that the pipeline was closed before they were sent.
	Shutdown

	reasons = iota
)

// String returns the reason as it is used for a metric's label.
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

// ExportError is how an Exporter says why an export failed.
type ExportError struct {
	// Reason is what the spans are counted under if they are given up.
	Reason Reason
	// Permanent means that trying again is useless.
	Permanent bool
	// Sent is the number of spans, from the front of the batch, that did
	// arrive. Only the rest is tried again.
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
