// Package spantest is what tests of the packages below trace share.
package spantest

import (
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/trace"
)

// Samples returns n valid records in one chain, alternating server and client.
func Samples(n int) []*trace.Record {
	start := time.Date(2017, 3, 14, 15, 9, 26, 535_000_000, time.UTC)
	var records []*trace.Record
	var above oteltrace.SpanID
	for i := range n {
		r := &trace.Record{
			Name: "outgoing /svc/hello", Service: "0.0.0.0/4140", Kind: oteltrace.SpanKindServer,
			Start: start.Add(time.Duration(i) * time.Millisecond),
			End:   start.Add(time.Duration(2*n-i) * time.Millisecond),
		}
		if i%2 == 1 {
			r.Name, r.Service, r.Kind = "GET /", "#/io.l5d.fs/hello", oteltrace.SpanKindClient
		}
		r.Trace = oteltrace.TraceID{15: 1}
		r.Span = oteltrace.SpanID{5: 1, 6: byte(i >> 8), 7: byte(i)}
		r.Parent, r.Sampling = above, trace.Keep
		above = r.Span
		records = append(records, r)
	}
	return records
}
