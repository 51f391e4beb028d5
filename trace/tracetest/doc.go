// Package tracetest helps to test spans. A [Recorder] is a trace.Sink that keeps
// finished spans, and [AssertTree] compares them with a tree written as text:
//
//	var rec tracetest.Recorder
//	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: &rec, Sampler: all})
//	...
//	tracetest.AssertTree(t, rec.Records(), `
//		server 0.0.0.0/4140 "outgoing /svc/hello"
//		  client #/io.l5d.fs/hello "GET /"
//	`)
//
// [FromZipkin] reads the response of a Zipkin API, so that the same assertions
// work against a collector. [TestPropagator] and [TestExporter] are the
// conformance tests of those two interfaces.
package tracetest
