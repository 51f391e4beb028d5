// Package trace makes the spans of a mesh hop on the OpenTelemetry API, and carries
// them from hop to hop.
//
// A program that embeds a router gives it a [Hop], which puts together who makes the
// spans, which headers carry them, and which traces are recorded:
//
//	sink, err := zipkin.New(zipkin.Config{Endpoint: "http://zipkin:9411/api/v2/spans"})
//	...
//	sampler, err := trace.NewSampler(0.01)
//	...
//	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: sink, Sampler: sampler})
//	...
//	hop := trace.NewHop(trace.HopConfig{TracerProvider: provider, Propagator: trace.L5d()})
//	rt, err := router.New(router.Config{Hop: hop})
//
// A [Provider] is an OpenTelemetry TracerProvider that makes lean records; a Hop works
// with any other TracerProvider too. A [Sink] gets each finished span: that of
// trace/zipkin sends it to Zipkin, and a [Pipeline] sends batches to any [Exporter].
// Both are bounded, never block, and count every span that they do not deliver. A
// [Propagator] carries a [Context] in HTTP headers: [L5d], [B3], [B3Single], [W3C], a
// [Bridge] between them, or an OpenTelemetry propagator by [FromTextMap].
//
// The span of a request is found where OpenTelemetry looks for it:
// trace.SpanFromContext(r.Context()). Globals of OpenTelemetry are neither read nor
// set.
//
// # Sampling
//
// Ids are made and propagated whether or not a trace is recorded. The server span of
// a request is a child of the caller's client span, and each client span a child of
// the server span. Whether they are recorded is decided in this order:
//
//   - A debug trace is always recorded.
//   - l5d-sample decides for the request that carries it.
//   - The decision of an earlier hop holds.
//   - The [Sampler] decides about a trace that is still undecided, by its id: at most at
//     a limit of traces in a second, and at a rate that may be one for the name of the
//     request. Without a Sampler it stays undecided, and is not recorded here.
//
// The next hop sees the decision made here. All of it is made before a header goes out; a
// Sampler with rates for names waits until the request has one, and until then the span
// records and says that it is not sampled.
//
// A [Provider] with a [KeepConfig] records what is not sampled, too, and keeps it if the
// request turns out to be worth it: if it fails, is slow or brings overrides. That is no
// decision that others see, but for the caller, whom the response tells to keep its own
// spans of the trace.
package trace
