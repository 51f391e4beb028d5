package router

import (
	"math"
	"net/http"
	"net/netip"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/wire"
)

// clientSpan has each attempt recorded in a client span. Attempts that find no
// connection share the span of the next one: nothing was sent that needs one of its
// own.
type clientSpan struct {
	client *client
	below  stage
}

func (s *clientSpan) do(x *exchange) (*http.Response, error) {
	a := x.attempt
	s.start(x, a)
	resp, err := s.below.do(x)
	if !a.recording {
		return resp, err
	}
	s.onTheWire(a)
	a.recordCall(resp)
	switch {
	case a.refusal != nil:
		hopspan.Responded(a.span, a.refusal, math.NaN())
	case err == nil:
		if x.router.hop.Keeps() {
			hopspan.AskedToKeep(a.span, resp.Header)
		}
		hopspan.Responded(a.span, resp, x.class.fraction())
	case a.outcome.end == endTimedOut:
		hopspan.TimedOut(a.span)
	}
	return resp, err
}

func (s *clientSpan) done(x *exchange, o Outcome) {
	a := x.attempt
	s.below.done(x, o)
	if o.again && o.end == endUnconnected {
		x.folded = a.span
		return
	}
	if a.recording {
		s.onTheWire(a)
		a.recordEnd(o)
	}
	hopspan.EndClient(a.span, o.Err)
}

// start starts the span, or goes on with that of an attempt that found no connection.
func (s *clientSpan) start(x *exchange, a *attempt) {
	peer := a.endpoint.Address().AddrPort
	if span := x.folded; span != nil {
		x.folded = nil
		a.ctx, a.span, a.recording = oteltrace.ContextWithSpan(x.ctx, span), span, span.IsRecording()
		hopspan.Connected(span, netip.AddrPort{}, peer)
		return
	}
	x.sends++
	a.ctx, a.span = x.router.hop.StartClient(x.ctx, x.out, hopspan.ClientStart{Service: s.client.label, Peer: peer})
	a.recording = a.span.IsRecording()
	if x.sends > 1 && a.recording {
		hopspan.Attempt(a.span, int(x.sends))
		if x.again > 0 {
			hopspan.Requeued(a.span, int(x.again))
		}
	}
}

// recordCall records the name of a gRPC call, and its status if the head of the response
// has it.
func (a *attempt) recordCall(resp *http.Response) {
	if !wire.IsGRPC(a.x.out.Header) {
		return
	}
	path, _ := splitTarget(a.x.out.URL)
	hopspan.Call(a.span, path)
	if resp != nil {
		hopspan.CallEnded(a.span, only(resp.Header[wire.GRPCStatusName]))
	}
}

// recordEnd records what only the end of the response says: the status of a gRPC call, and
// what the response counts as if its head left that undecided.
func (a *attempt) recordEnd(o Outcome) {
	if !a.open {
		return
	}
	if a.atEOF && wire.IsGRPC(a.x.out.Header) {
		hopspan.CallEnded(a.span, only(a.resp.Trailer[wire.GRPCStatusName]))
	}
	if o.Class != RetryableFailure || a.x.class == Undecided { // of any other it was said
		hopspan.Classified(a.span, o.Class == Success)
	}
}

// wireSteps are the steps of an exchange that are recorded in its span.
type wireSteps struct{ connected, wrote, began bool }

// onTheWire records what has become known of the exchange on the wire: a request may
// still be written when its response has begun.
func (s *clientSpan) onTheWire(a *attempt) {
	has := &a.written
	if has.connected && has.wrote && has.began {
		return
	}
	seen := a.times.Seen()
	if c := seen.Connection; c != nil && c.Local.IsValid() && !has.connected {
		has.connected = true
		hopspan.Connected(a.span, c.Local, c.Remote)
		if c.Secure != nil {
			hopspan.SentByTLS(a.span, c.Secure.Version, c.Secure.Name)
		}
	}
	if !seen.Wrote.IsZero() && !has.wrote {
		has.wrote = true
		hopspan.Sent(a.span, seen.Wrote)
	}
	if !seen.Began.IsZero() && !has.began {
		has.began = true
		hopspan.Received(a.span, seen.Began)
	}
}

// unfold ends a span that was kept for a next attempt which did not come.
func (x *exchange) unfold(err error) {
	if x.folded != nil {
		hopspan.EndClient(x.folded, err)
		x.folded = nil
	}
}

// notRetried records in the span why an attempt that may be made again is not.
func (a *attempt) notRetried(why string) {
	if a.recording {
		hopspan.NotRetried(a.span, why)
	}
}

// fraction is the class as spans record it: 1 for a success, 0 for a failure, and
// NaN for a class that spans record in another way.
func (c Class) fraction() float64 {
	switch c {
	case Success:
		return 1
	case Failure:
		return 0
	}
	return math.NaN()
}
