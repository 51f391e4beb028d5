package trace

import (
	"cmp"
	"context"
	"time"

	"github.com/meshhop/meshhop/trace/internal/drops"
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

// ExportError tells a Pipeline why an export failed, and what to do next.
type ExportError struct {
	// Reason is counted if the spans are dropped: "timeout" if the collector did not
	// respond in time, "status" if it responded with an error, and "refused", the
	// default, if connecting failed or the connection broke.
	Reason string
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
		return "trace: export: " + cmp.Or(e.Reason, drops.Refused)
	}
	return e.Err.Error()
}

// Unwrap returns the cause.
func (e *ExportError) Unwrap() error { return e.Err }
