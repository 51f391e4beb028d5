// Package zipkin sends spans to Zipkin, as version 2 JSON over HTTP or by Scribe.
//
//	sink, err := zipkin.New(zipkin.Config{Endpoint: "http://zipkin:9411/api/v2/spans"})
//	...
//	defer sink.Close(ctx)
//	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: sink, Sampler: sampler})
//
// A [Sink] encodes a span when it ends, on the goroutine that ends it, into one of a
// few buffers, and retains nothing of the span. Full buffers become the body of a post
// without a copy. At low load there is a post a second; at high load posts are of half
// a MiB; if the collector is slow they are of MaxBodyBytes, several at a time, and what
// arrives meanwhile waits in memory, up to MaxBytes. Only beyond that are spans
// dropped. Stats counts each span exactly once, at any time.
//
// By Scribe, the first transport that Zipkin had, a span is sent as Thrift in base64,
// and a call carries 1 MiB at most. TRY_LATER and a broken connection are tried again
// like a status 503. With the transport auto the sink finds out whether there is a
// Scribe.
//
// # Mapping
//
//   - localEndpoint and remoteEndpoint have ip and port where they are known.
//   - Names keep their case; Zipkin itself lower-cases them.
//   - debug is set for debug traces.
//   - duration is at least 1 microsecond.
//   - What a span's limits dropped is counted in tags otel.dropped_*.
//   - Lists of byte values are base64, infinities are "Infinity" and "-Infinity".
//   - A time before 1970 is left out.
//   - Links have no place in Zipkin and are left out.
//
// Package stock uses OpenTelemetry's own exporter instead, and lists what it writes
// differently. It is below this package so that nobody links OpenTelemetry's SDK
// without asking for it.
package zipkin
