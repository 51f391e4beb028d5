package router

import (
	"errors"
	"net/http"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/resolve"
)

// serverSpan records in the hop's server span why a request failed, and in which step.
type serverSpan struct {
	router *Router
	below  stage
}

func (s *serverSpan) do(x *exchange) (*http.Response, error) {
	resp, err := s.below.do(x)
	if err != nil {
		s.failed(x, err)
	}
	return resp, err
}

func (s *serverSpan) done(x *exchange, o Outcome) { s.below.done(x, o) }

func (s *serverSpan) failed(x *exchange, err error) {
	var kind Kind
	if failed, ok := errors.AsType[*Error](err); ok {
		kind = failed.Kind
	}
	if kind == Forbidden {
		s.router.stats.forbidden.Add(1)
	}
	span := x.local.ServerSpan
	if span == nil {
		return
	}
	step := "ClientAcquisition"
	switch {
	case x.service == nil && (kind == Unidentified || kind == looped):
		step = "Identification"
	case x.found && !kind.isAcquisition():
		step = "Service"
	}
	if kind.isTimeout() && kind != AttemptTimeout {
		hopspan.TimedOut(span)
	}
	hopspan.Failed(span, step, err)
}

// recordingSpan is the hop's server span; nil: there is none that records.
func (x *exchange) recordingSpan() oteltrace.Span {
	if span := x.local.ServerSpan; span != nil && span.IsRecording() {
		return span
	}
	return nil
}

func (r *Router) identified(x *exchange, name resolve.Path) {
	if span := x.recordingSpan(); span != nil {
		hopspan.Identified(span, identifiedOf(r, x.local, name))
		if record := x.local.Record; record != nil { // the name may decide it
			record.Sampled = span.SpanContext().IsSampled()
		}
	}
}
