package tracetest_test

import (
	"context"
	"fmt"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

func ExampleRecorder() {
	var rec tracetest.Recorder
	all, err := trace.NewSampler(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := trace.NewProvider(trace.ProviderConfig{Sink: &rec, Sampler: all, Service: "web"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, server := p.Tracer("").Start(context.Background(), "GET /", oteltrace.WithSpanKind(oteltrace.SpanKindServer))
	_, client := p.Tracer("").Start(ctx, "GET /users", oteltrace.WithSpanKind(oteltrace.SpanKindClient))
	client.End()
	server.End()
	fmt.Print(tracetest.Format(rec.Records()))
	// Output:
	// server web "GET /"
	//   client web "GET /users"
}
