package trace

import "net/http"

// Propagator reads and writes a span's Context in HTTP headers. Header names
// are keys in canonical form (http.CanonicalHeaderKey). Implementations are
// safe for concurrent use. tracetest.TestPropagator checks one.
//
// A Propagator whose headers can ask for a sample rate for one request may also
// have the method
//
//	SampleRate(h http.Header) (rate float64, ok bool)
//
// Its rate, between 0 and 1, then decides instead of the trace's own decision.
// Without the method the l5d-sample header is read.
type Propagator interface {
	// Extract returns the caller's context; false if h holds none that is
	// valid. It does not change h, and no input is an error.
	Extract(h http.Header) (Context, bool)
	// Inject writes c, replacing what is there. A context that is not
	// valid writes nothing.
	Inject(h http.Header, c Context)
	// Clear removes the headers that Extract reads and Inject writes.
	Clear(h http.Header)
}

// rater is a Propagator that reads a sample rate; see Propagator.
type rater interface {
	SampleRate(h http.Header) (rate float64, ok bool)
}
