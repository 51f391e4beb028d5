// Package otlp sends spans by the OpenTelemetry protocol over HTTP, in protobuf: to the
// OpenTelemetry Collector, Jaeger, Tempo and whatever else takes OTLP.
//
//	sink, err := otlp.New(otlp.Config{Endpoint: "http://collector:4318", Service: "edge"})
//	...
//	defer sink.Close(ctx)
//	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: sink, Sampler: sampler})
//
// A [Sink] has the buffers, the queue, the retries and the counters of the sink of package
// zipkin: a span is encoded when it ends, on the goroutine that ends it, and what does not
// arrive is counted exactly once. It depends on no package of OpenTelemetry but the API.
//
// # Mapping
//
// All spans are of one resource, with the attributes service.name and telemetry.sdk.* and
// those of Config. The spans of a [trace.Hop] are of the scope
// github.com/meshhop/meshhop/trace; other spans have their tracer's.
//
//   - A trace id of 64 bits is padded with zeros on the left, to 128.
//   - Times are in nanoseconds. One before 1970 or after 2262 is 0.
//   - What is not UTF-8 in a text becomes U+FFFD, because protobuf does not allow it.
//   - The flags have the bits sampled and random.
//   - A service name of a span ([trace.Record.Service]) that is not the resource's is the
//     attribute srv/meshhop.label of a server span, clnt/meshhop.label of a client span, and
//     meshhop.label of any other.
//   - The addresses of the connection are network.local.address, network.local.port,
//     network.peer.address and network.peer.port; a server span's peer is client.address
//     too.
//   - A span has no field for the debug flag.
//
// What a hop's span says of HTTP has the names of OpenTelemetry's stable conventions
// (opentelemetry.io/docs/specs/semconv/http/http-spans) in place of Linkerd's:
//
//	http.req.method                http.request.method, and http.request.method_original
//	                               of a method that the conventions do not list
//	http.req.host                  server.address, server.port
//	http.uri                       url.path, url.query; with the host url.full
//	http.req.version               network.protocol.version
//	http.req.content-length,       http.request.header.content-length and so on, which
//	-type, transfer-encoding       are lists of one text
//	http.rsp.status                http.response.status_code
//	http.rsp.content-length,       http.response.header.content-length and so on
//	-type, transfer-encoding
//
// Linkerd's server spans say nothing of HTTP. Here they have http.request.method,
// url.scheme, url.path, url.query, server.address, server.port, network.protocol.version,
// user_agent.original and http.response.status_code, where they are known.
//
// error.type is the status, from 400 on in a client span and from 500 on in a server span,
// and such a span's own status is an error; without one it is exception.type. An attempt
// that is not the first has http.request.resend_count. All other attributes, such as
// service, client, dtab.base and l5d.success, keep Linkerd's names, and events keep
// theirs.
package otlp
