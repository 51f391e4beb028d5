package main

import (
	"context"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	//lint:ignore SA1019 deprecated upstream, and what there is for Zipkin
	"go.opentelemetry.io/otel/exporters/zipkin"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// newNaive is plain in OpenTelemetry's wrappers, with the defaults of all its
// parts.
func newNaive(j job) (part, error) {
	exporter, err := zipkin.New(j.endpoint())
	if err != nil {
		return nil, err
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(j.Rate))),
	)
	options := []otelhttp.Option{
		otelhttp.WithTracerProvider(provider),
		otelhttp.WithPropagators(propagation.TraceContext{}),
	}
	inner := reverseProxy(j, otelhttp.NewTransport(tunedTransport(), options...))
	return serve(j, otelhttp.NewHandler(inner, "naive", options...), func(ctx context.Context) (*fate, error) {
		return nil, provider.Shutdown(ctx)
	})
}
