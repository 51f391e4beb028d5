// Package zipkin sends spans to Zipkin, as version 2 JSON over HTTP or, from a
// Sink, by Scribe.
//
// There are two ways. [New] returns a [Sink], which takes spans from a
// trace.Provider and sends them by itself; it is the one for a hop at its
// limits. [New] returns a trace.Exporter, for a trace.Pipeline or any other
// batch processor of spans.
//
// # Sink
//
// A Sink writes a span as JSON when it ends, on the goroutine that ends it,
// into one of a few buffers, and keeps nothing of the span. Full buffers
// become the body of a post as they are. With little to send there is a post a
// second; with much to send posts are of half a MiB; when the collector is slow
// they are of MaxBodyBytes and several at a time, and whatever comes meanwhile
// waits in memory, up to MaxBytes. Only then spans are dropped. Stats counts each span
// exactly once, at any time.
//
// By Scribe, the Transport that Zipkin had first, a span is written as Thrift in
// base64, a call carries 1 MiB at most, and what is promised is the same.
// TRY_LATER and a connection that breaks are tried again like a status 503. With
// the Transport Auto the sink finds out whether there is a Scribe.
//
// The budget is for memory that is in use. Go's collector lets a process grow
// to about twice that before it tidies up (see GOGC and GOMEMLIMIT).
//
// # Exporter
//
// The exporter writes the JSON itself. That of package stock, which is below
// this one so that nobody links OpenTelemetry's SDK without wanting it, lets
// OpenTelemetry's own Zipkin exporter write it; it is deprecated and goes away
// early in 2027. Everything around the JSON is the same for both: the
// connection, compression, what counts as success, and errors that tell a
// trace.Pipeline whether to try again.
//
// # What differs from package stock
//
//   - localEndpoint and remoteEndpoint have ip and port; a server span has a
//     remoteEndpoint too. stock knows a service name only, and for a client
//     span the peer's ip and port, which it repeats in the tags
//     network.peer.address and network.peer.port.
//   - Names keep their case; Zipkin itself lower-cases them.
//   - There is no tag service.name.
//   - debug is set for debug traces.
//   - duration is at least 1; stock leaves a zero out.
//   - A tag error that was set stays; stock removes it, or replaces it by the
//     status text if the status is an error.
//   - What a span's limits dropped is counted in tags otel.dropped_*.
//   - Lists of byte values are base64, infinities are "Infinity" and
//     "-Infinity".
//   - A time before 1970 costs that time; with stock it costs the batch.
//
// Links have no place in Zipkin; both leave them out.
//
// # Design
//
// Each figure is of one run on a machine with two processors, which others
// used too: only the ratios count. BenchmarkRequest makes the two spans of a
// request, exports them to a collector that costs nothing, and counts the
// processor time of all goroutines, less that of a request without tracing:
//
//	                                      us     allocations  arrived
//	Sink                                  1.8        0         100 %
//	Sink, with gzip                       4.0        0         100 %
//	Pipeline and exporter                 5.4        2         100 %
//	OpenTelemetry SDK, batch processor,
//	stock exporter                         14       47         29-47 %
//
// The last one loses what its queue of 2048 has no room for while it works on
// one batch; had it exported all, its time would be about twice as much.
//
// What was tried and dropped:
//
//   - Records in a queue, encoded by one goroutine that also posts
//     (trace.Pipeline): cheap to add, but each record is kept until its turn,
//     and one post at a time of 2048 spans takes no more than 20,000 spans a
//     second past a collector that needs 100 ms. It stays for other exporters.
//   - Strings byte by byte: looking at eight bytes at a time for what JSON
//     escapes, and copying them in the same pass, both spans of a request take
//     0.64 instead of 0.83 us.
//   - Posts of MaxBodyBytes, 4 MiB, for a collector that keeps up: what is
//     written first has left the cache when it is sent. With posts of half a
//     MiB a hop with all its spans costs 1.21 times what it costs without any,
//     with 4 MiB 1.28 (medians of 20 rounds in turn); 256 KiB and 1 MiB are no
//     different.
//   - gzip at its default level: 16 us a request instead of 5, for bodies of
//     5.1 % instead of 7.3 %. Even so compression doubles the price of a span,
//     and a collector on the same machine gets plain JSON.
//   - A span that outgrows its chunk stays in the grown array: that held 80 KiB
//     of the budget for one span. It is copied out.
//
// What was left alone, and why:
//
//   - One growing body for each post: each growth copies, and the peak is twice
//     the body. Chunks of 64 KiB do neither, can be counted against the budget
//     exactly, and are used again.
//   - A buffer for each processor in a sync.Pool: the garbage collector may
//     empty the pool, spans and all.
//   - Writing into a scratch buffer and copying under the lock: holds the lock
//     for a shorter time, for the price of the copy. With as many shards as
//     processors a lock is nearly always free when it is tried.
//   - Posts that each try again on their own during an outage: the connections
//     would be for nothing. While posts fail no other post begins.
package zipkin
