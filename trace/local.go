package trace

import (
	"context"

	oteltrace "go.opentelemetry.io/otel/trace"
)

// localSpan returns the Context of the span in ctx if it is a span of this
// process, of whichever implementation, recorded or not. It is false for a span
// that was only received, and without a span.
func localSpan(ctx context.Context) (Context, bool) {
	sc := oteltrace.SpanContextFromContext(ctx)
	if !sc.IsValid() || sc.IsRemote() {
		return Context{}, false
	}
	return FromContext(ctx), true
}

// localParent is localSpan, with the flags, width and tracestate of the headers if
// they name the same trace: other implementations of spans do not keep these.
func localParent(ctx context.Context, caller Context) (Context, bool) {
	c, ok := localSpan(ctx)
	if !ok || c.Trace != caller.Trace {
		return c, ok
	}
	switch oteltrace.SpanFromContext(ctx).(type) {
	case *recording, *nonRecordingSpan:
		return c, true
	}
	c.Flags, c.Wide = caller.Flags, caller.Wide
	if c.State == "" {
		c.State = caller.State
	}
	// The span's provider sees an undecided caller as one that is not sampled.
	// If it then does not sample, that is not a decision.
	if c.Sampling == Drop && caller.Decision() == Undecided {
		c.Sampling = Undecided
	}
	return c, true
}
