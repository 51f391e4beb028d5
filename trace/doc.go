// Package trace makes and carries the spans of a mesh hop on the
// OpenTelemetry API.
//
// # What is in it
//
// A [Provider] is an OpenTelemetry TracerProvider with a lean span record: a
// finished, sampled span is handed to a [Sink] as one [Record]. The Sink of
// trace/zipkin sends it to Zipkin. A [Pipeline] is the Sink that sends records
// to any [Exporter]; both are bounded, never block, and count every span they
// do not deliver. A [Propagator] carries a [Context] in HTTP headers: [L5d],
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
//
// # Design
//
// A span is one allocation, whether or not it records: the context.Context
// below it and the two header values that it is sent on with lie in it. It is
// not pooled: handlers may keep what they find in r.Context(). What it has to
// say until it ends, its names and its first 14 attributes and 3 events, lies in
// a draft, which serves the next span as soon as the Sink is done with it; for a
// Sink that is no [Borrower] the draft is part of the one allocation. What a
// request costs at a hop, with trace/zipkin's Sink, measured in turn (BenchmarkRequest there):
//
//	                                   ns      bytes   allocations
//	untraced, or not sampled          430        450             2
//	recorded                         2100        570             2
//	recorded, drafts not given back  3050       4100             2
//
// What was dropped:
//
//   - context.WithValue for the span: an allocation for each span. The span
//     holds a Context that answers for OpenTelemetry's key, which is learned
//     by letting the API ask; should that ever fail, the API's own function
//     is used.
//   - Names put together on the heap: they are written into room in the span
//     instead, and shared: of "GET /a?b" one part is the name, another the tag
//     http.uri.
//   - A lock for each tag: each step of a Hop takes it once.
//   - time.Now for each event: it reads two clocks. Events and the spans below
//     take the monotonic time since the server span's start, which reads one,
//     and a span that does not record reads none.
//
// What was left alone, and why:
//
//   - One object for the server span and its client span would save an
//     allocation of two, but a request that is retried or answered here would
//     pay for what it does not use, and whoever keeps one span would keep both.
//   - Pooling the spans themselves would save both, and make each span that a
//     handler keeps a trap.
package trace
