// Package trace makes and carries the spans of a mesh hop on the
// OpenTelemetry API.
//
// # What is in it
//
// A [Provider] is an OpenTelemetry TracerProvider with a lean span record: a
// finished, sampled span is handed to a [Sink] as one [Record]. A [Pipeline]
// is the Sink that sends records to an [Exporter] such as the one of
// trace/zipkin; it is bounded, never blocks, and counts every span it does
// not deliver. A [Propagator] carries a [Context] in HTTP headers: [L5d],
// [B3], [B3Single], [W3C], or a [Bridge] between them. A [Hop] puts these
// together and makes the two spans of a hop with the names, tags and events
// that Linkerd 1.7.4 gives them; it works with any other TracerProvider too.
//
// The span of a request is found where OpenTelemetry looks for it:
// trace.SpanFromContext(r.Context()). Globals of OpenTelemetry are neither
// read nor set.
//
// # Ids are always made, only recording is sampled
//
// A server span is a new child of the caller's client span, a client span is
// a child of the server span, and both get ids and are propagated whether or
// not anybody records them. Whether they are recorded is decided in this
// order: a debug trace always is; l5d-sample decides for the request that
// carries it; an earlier hop's decision holds; the [Sampler] decides what is
// still undecided. Without a Sampler an undecided trace stays undecided. The
// decision made here is what the next hop sees.
//
// A span that does not record costs its ids, its context.Context and, once
// injected, its header values; no attribute is built for it.
package trace
