package tracetest_test

import (
	"context"
	"fmt"
	"testing"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
	"github.com/meshhop/meshhop/trace/zipkin"
	"github.com/meshhop/meshhop/trace/zipkin/stock"
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

func ExampleAssertTree() {
	test := func(t testing.TB, records []*trace.Record) {
		tracetest.AssertTree(t, records, `
			server 0.0.0.0/4140 "outgoing /svc/hello"
			  client #/io.l5d.fs/hello "GET /"
		`)
	}
	_ = test
}

func ExampleTestPropagator() {
	test := func(t *testing.T) {
		tracetest.TestPropagator(t, trace.W3C(), tracetest.Carries{State: true, Random: true})
	}
	_ = test
}

func ExampleTestExporter() {
	test := func(t *testing.T) {
		tracetest.TestExporter(t, func(t *testing.T, url string) trace.Exporter {
			e, err := stock.New(zipkin.Config{Endpoint: url})
			if err != nil {
				t.Fatal(err)
			}
			return e
		})
	}
	_ = test
}

func ExampleFromZipkin() {
	records, err := tracetest.FromZipkin([]byte(`[
		{"traceId": "1", "id": "1", "kind": "SERVER", "name": "get /", "localEndpoint": {"serviceName": "web"}},
		{"traceId": "1", "id": "2", "parentId": "1", "kind": "CLIENT", "name": "get /users", "localEndpoint": {"serviceName": "web"}}
	]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(tracetest.Format(records))
	// Output:
	// server web "get /"
	//   client web "get /users"
}
