// Package stock sends spans to Zipkin with OpenTelemetry's own Zipkin exporter. It
// is for programs that need the exporter's mapping of spans byte for byte:
//
//	exporter, err := stock.New(zipkin.Config{Endpoint: "http://zipkin:9411/api/v2/spans"})
//	...
//	pipeline, err := trace.NewPipeline(trace.PipelineConfig{Exporter: exporter})
//
// It links OpenTelemetry's SDK; package zipkin does not, and costs a tenth. The
// connection, the compression, what counts as success, and whether an error is
// tried again are the same in both. OpenTelemetry has deprecated the exporter and
// removes it early in 2027; this package goes with it. [zipkin.New] takes the same
// endpoint and replaces it.
//
// What this package writes differently from package zipkin:
//
//   - localEndpoint and remoteEndpoint have no ip and port, except for the peer
//     of a client span, which the tags network.peer.address and
//     network.peer.port repeat. A server span has no remoteEndpoint.
//   - Names are in lower case.
//   - There is a tag service.name.
//   - debug is not set for debug traces.
//   - A duration of zero is left out; package zipkin writes 1.
//   - A tag error is removed, or replaced by the status text if the status is an
//     error; package zipkin keeps it.
//   - What a span's limits dropped is not written; package zipkin writes tags
//     otel.dropped_*.
//   - A list of bytes is an array; package zipkin writes base64.
//   - A span that starts before 1970 fails its whole batch; package zipkin leaves
//     out the time.
//
// Links have no place in Zipkin; both leave them out.
package stock

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	//lint:ignore SA1019 deprecated upstream; it is what this package is for, and imported here only
	otelzipkin "go.opentelemetry.io/otel/exporters/zipkin"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/drops"
	"github.com/meshhop/meshhop/trace/internal/post"
	"github.com/meshhop/meshhop/trace/zipkin"
)

// The attributes from which the exporter makes a client span's remote endpoint.
const (
	peerAddressKey = "network.peer.address"
	peerPortKey    = "network.peer.port"
)

// exporter leaves the JSON to OpenTelemetry's.
type exporter struct {
	otel   *otelzipkin.Exporter
	sender *post.Sender
}

// New returns an exporter. It reads Endpoint, HostHeader, Compression, Client and
// Timeout of c, and refuses what zipkin.New refuses in them.
func New(c zipkin.Config) (trace.Exporter, error) {
	compression, err := post.CompressionOf(c.Compression)
	if err != nil {
		return nil, fmt.Errorf("zipkin: %w", err)
	}
	sender, err := post.New(post.Config{Protocol: post.Zipkin(), Endpoint: c.Endpoint, HostHeader: c.HostHeader, Compression: compression, Client: c.Client, TLS: c.TLS, Timeout: c.Timeout})
	if err != nil {
		return nil, err
	}
	e, err := otelzipkin.New(sender.Endpoint(), otelzipkin.WithClient(&http.Client{Transport: transport{sender}}))
	if err != nil {
		return nil, err
	}
	return &exporter{otel: e, sender: sender}, nil
}

func (e *exporter) Export(ctx context.Context, records []*trace.Record) error {
	spans := make([]sdktrace.ReadOnlySpan, len(records))
	for i, r := range records {
		spans[i] = readOnly{r: r}
	}
	var sent error
	err := e.otel.ExportSpans(context.WithValue(ctx, sentKey{}, &sent), spans)
	if sent != nil {
		return sent
	}
	if err != nil {
		// Nothing was sent: the JSON could not be written, and never will be.
		return &trace.ExportError{Reason: drops.Refused, Permanent: true, Err: err}
	}
	return nil
}

func (e *exporter) Shutdown(ctx context.Context) error {
	e.sender.Close()
	return e.otel.Shutdown(ctx)
}

// transport posts the JSON with our sender. The exporter hides errors and
// takes only 202 for success, so it is always told 202, and Export finds the
// real outcome in the request's ctx.
type transport struct{ sender *post.Sender }

type sentKey struct{}

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err != nil {
		return nil, err
	}
	if sent, ok := r.Context().Value(sentKey{}).(*error); ok {
		if _, err := t.sender.Post(r.Context(), post.Of(body)); err != nil {
			*sent = err
		}
	}
	return &http.Response{
		StatusCode: http.StatusAccepted,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:  http.Header{},
		Body:    http.NoBody,
		Request: r,
	}, nil
}

// readOnly shows a record as a span of the SDK. The embedded interface, which
// is nil, is what makes it one: a method that it gains is not ours to answer.
type readOnly struct {
	sdktrace.ReadOnlySpan
	r *trace.Record
}

func (s readOnly) Name() string                       { return s.r.Name }
func (s readOnly) SpanContext() oteltrace.SpanContext { return s.r.Context.SpanContext(false) }
func (s readOnly) SpanKind() oteltrace.SpanKind       { return s.r.Kind }
func (s readOnly) StartTime() time.Time               { return s.r.Start }
func (s readOnly) EndTime() time.Time                 { return s.r.End }
func (s readOnly) Links() []sdktrace.Link             { return nil }
func (s readOnly) DroppedAttributes() int             { return s.r.DroppedAttributes }
func (s readOnly) DroppedLinks() int                  { return s.r.DroppedLinks }
func (s readOnly) DroppedEvents() int                 { return s.r.DroppedEvents }
func (s readOnly) ChildSpanCount() int                { return 0 }

func (s readOnly) Parent() oteltrace.SpanContext {
	return oteltrace.NewSpanContext(oteltrace.SpanContextConfig{TraceID: s.r.Trace, SpanID: s.r.Parent})
}

// Attributes adds the peer's address under the names from which the exporter
// makes a remote endpoint.
func (s readOnly) Attributes() []attribute.KeyValue {
	attrs := s.r.Attributes
	if s.r.Kind != oteltrace.SpanKindClient || !s.r.Peer.IsValid() {
		return attrs
	}
	return append(attrs[:len(attrs):len(attrs)],
		attribute.String(peerAddressKey, s.r.Peer.Addr().Unmap().WithZone("").String()),
		attribute.String(peerPortKey, strconv.Itoa(int(s.r.Peer.Port()))))
}

func (s readOnly) Events() []sdktrace.Event {
	events := make([]sdktrace.Event, len(s.r.Events))
	for i, e := range s.r.Events {
		events[i] = sdktrace.Event{Name: e.Name, Time: e.Time, Attributes: e.Attributes}
	}
	return events
}

func (s readOnly) Status() sdktrace.Status {
	return sdktrace.Status{Code: s.r.Status, Description: s.r.StatusText}
}

func (s readOnly) InstrumentationScope() instrumentation.Scope {
	return instrumentation.Scope{Name: s.r.Scope, Version: s.r.ScopeVersion}
}

// Resource carries the service name: the exporter knows no other place for it.
func (s readOnly) Resource() *resource.Resource {
	return resource.NewSchemaless(attribute.String("service.name", s.r.Service))
}
