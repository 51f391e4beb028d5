// Package otelhttp_test holds the hop, behind and before the real otelhttp, to
// one trace. It is a module of its own, so that the hop does not need otelhttp.
package otelhttp_test
