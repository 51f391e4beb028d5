// Package tracetest helps to test spans.
//
// [Recorder] keeps finished spans. [AssertTree] compares them with a tree
// written as indented text, and checks what holds for every trace ([Check]).
// [FromZipkin] reads the answer of a Zipkin API, so that the same assertions
// work against a collector. [TestPropagator] and [TestExporter] are the
// conformance tests of those two interfaces.
package tracetest
