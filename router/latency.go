package router

import (
	"net/http"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/resolve"
)

// latency records how long the requests of a service took, from their arrival to the head
// of the response or to the error. It shares the last attempt's reading of the clock.
type latency struct {
	service *service
	below   stage
}

func (s *latency) do(x *exchange) (*http.Response, error) {
	resp, err := s.below.do(x)
	at := x.ended
	if at == 0 || err != nil || s.service.own > 0 { // something followed the last attempt
		at = x.router.now()
	}
	x.local.Took = at - x.local.Arrived.Sub(x.router.born)
	recordLatency(s.service.stats.latency.Of(classOf(resp, err)), at, x.local.Took, x.recordingSpan())
	return resp, err
}

func (s *latency) done(x *exchange, o Outcome) { s.below.done(x, o) }

// now is the time since the router was made. It is by one clock, where time.Now reads two.
func (r *Router) now() time.Duration { return time.Since(r.born) }

// recordLatency records what is over at this time. The span is that of the request, if it
// is recorded.
func recordLatency(in *histogram.Histogram, at, took time.Duration, recording oteltrace.Span) {
	in.Record(at, took)
	if recording == nil || !in.WantsExemplar(at, took) {
		return
	}
	if span := recording.SpanContext(); span.IsSampled() { // what is only held may never arrive
		in.Exemplify(histogram.Exemplar{Trace: span.TraceID(), Took: took, At: at})
	}
}

// classOf is the class of the status of a response, 0 if there is none.
func classOf(resp *http.Response, err error) int {
	if err != nil {
		return 0
	}
	return histogram.ClassOf(resp.StatusCode)
}

// Latencies implements [routerview.Timer].
func (r view) Latencies() histogram.Latencies {
	at := r.now()
	all := histogram.Latencies{Born: r.born, Services: map[resolve.Path]histogram.Latency{}, Clients: map[resolve.Path]histogram.Latency{},
		Retries: map[resolve.Path]histogram.Snapshot{}, Requeues: map[resolve.Path]histogram.Snapshot{}, Payloads: map[resolve.Path]histogram.Payloads{}}
	r.services.mu.Lock()
	for _, s := range r.services.all {
		all.Services[s.name], all.Retries[s.name] = s.stats.latency.Read(at), s.stats.again.Read(at)
	}
	r.services.mu.Unlock()
	r.clients.values(func(c *client) {
		all.Clients[c.id], all.Requeues[c.id] = c.stats.latency.Read(at), c.stats.again.Read(at)
		all.Payloads[c.id] = c.stats.payload.Read(at)
	})
	all.Pairs, all.Folded = r.pairs.read(at, func(resolve.Path) bool { return true })
	return all
}
