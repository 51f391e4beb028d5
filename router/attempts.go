package router

import (
	"net/http"

	oteltrace "go.opentelemetry.io/otel/trace"
)

// attempts counts the attempts at a replica set, also by the status of the response and by
// the name of the request, and records how long they took: from the pick of the endpoint to
// the head of the response, or to the error.
type attempts struct {
	client *client
	counting
}

func (s *attempts) do(x *exchange) (*http.Response, error) {
	stats := &s.client.stats
	if s.requests.Load() > 0 {
		s.client.touch() // routes bypass the cache, which must not count the client as idle
	}
	a, p, began := x.attempt, x.router.pairOf(x.leaf, s.client, x.service), x.router.now()
	x.pair = p
	p.pending.Add(1)
	x.recordSend(a, began)
	resp, err := s.counting.do(x)
	x.ended = x.router.now()
	class, took := classOf(resp, err), x.ended-began
	recordLatency(stats.latency.Of(class), x.ended, took, a.recordingSpan())
	p.latency.Of(class).Record(x.ended, took)
	switch {
	case err != nil:
		p.count(Failure)
	case !a.open:
		p.count(x.class)
	}
	if err != nil {
		stats.unanswered.Add(1)
		return resp, err
	}
	if i := resp.StatusCode - 100; i >= 0 && i < len(stats.byStatus) {
		stats.byStatus[i].Add(1)
	}
	x.recordHead(resp, x.ended)
	return resp, nil
}

func (s *attempts) done(x *exchange, o Outcome) {
	// The time is that of the head, which spares reading the clock for ten seconds' slices.
	s.client.stats.payload.Record(x.ended, x.body.passed(), x.attempt.received.Load())
	s.below.done(x, o)
	if x.attempt.open { // x.class may be known by now
		s.count(o.Class, o.Err)
		x.pair.count(o.Class)
	}
	s.pending.Add(-1)
	x.pair.pending.Add(-1)
}

// recordingSpan is the span of the attempt; nil: there is none that records.
func (a *attempt) recordingSpan() oteltrace.Span {
	if a.recording {
		return a.span
	}
	return nil
}
