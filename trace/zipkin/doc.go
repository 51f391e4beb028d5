// Package zipkin sends spans to Zipkin, as version 2 JSON over HTTP.
//
// [New] returns a trace.Exporter with one of two engines. [Native], the
// default, writes the JSON itself. [Stock] lets OpenTelemetry's own Zipkin
// exporter write it, for those who want its mapping byte for byte. Everything
// around the JSON is the same for both: the connection, compression, what
// counts as success, and errors that tell a trace.Pipeline whether to try
// again.
//
// # What Native writes differently from Stock
//
//   - localEndpoint and remoteEndpoint have ip and port; a server span has a
//     remoteEndpoint too. Stock knows a service name only, and for a client
//     span the peer's ip and port, which it repeats in the tags
//     network.peer.address and network.peer.port.
//   - Names keep their case; Zipkin itself lower-cases them.
//   - There is no tag service.name.
//   - debug is set for debug traces.
//   - duration is at least 1; Stock leaves a zero out.
//   - A tag error that was set stays; Stock removes it, or replaces it by the
//     status text if the status is an error.
//   - What a span's limits dropped is counted in tags otel.dropped_*.
//   - Lists of byte values are base64, infinities are "Infinity" and
//     "-Infinity".
//   - A time before 1970 costs that time; with Stock it costs the batch.
//
// Links have no place in Zipkin; both leave them out.
package zipkin
