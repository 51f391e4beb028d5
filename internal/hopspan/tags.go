package hopspan

import (
	"fmt"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// Tags and events of Linkerd's spans (DstTracing.scala, TracingFilter.scala,
// ClassifiedTracing.scala and Finagle's TraceInitializerFilter.scala).
const (
	WireSend    = "ws"
	WireReceive = "wr"

	ServerVersionKey = "srv/meshhop.version"
	ServerLabelKey   = "srv/meshhop.label"
	ClientVersionKey = "clnt/meshhop.version"
	ClientLabelKey   = "clnt/meshhop.label"

	RouterLabelKey = "router.label"
	ServiceKey     = "service"
	DtabBaseKey    = "dtab.base"
	DtabLocalKey   = "dtab.local"
	leftOutKey     = "meshhop.dtab.left_out" // not Linkerd's
	RouteKey       = "meshhop.route"         // the same
	DeadlineKey    = "meshhop.deadline"      // the same
	deadlineByKey  = "meshhop.deadline.by"   // the same
	KeepKey        = "meshhop.keep"          // the same: why a span is kept that no sampler chose
	MissingKey     = "meshhop.keep.missing"  // the same: which spans of the trace could not be kept
	ClientKey      = "client"
	ResidualKey    = "residual"
	failureKey     = "io.buoyant.router.Failure"
	NamerSuccess   = "namer.success"

	URIKey         = "http.uri"
	ReqMethodKey   = "http.req.method"
	ReqHostKey     = "http.req.host"
	ReqVersionKey  = "http.req.version"
	ReqLengthKey   = "http.req.content-length"
	ReqTypeKey     = "http.req.content-type"
	ReqEncodingKey = "http.req.transfer-encoding"
	RspStatusKey   = "http.rsp.status"
	RspVersionKey  = "http.rsp.version"
	RspLengthKey   = "http.rsp.content-length"
	RspTypeKey     = "http.rsp.content-type"
	RspEncodingKey = "http.rsp.transfer-encoding"
	L5dSuccessKey  = "l5d.success"
	L5dFailure     = "l5d.failure"
)

// Attribute keys of exceptions, the same in Finagle and OpenTelemetry.
const (
	errorKey            = "error"
	ExceptionTypeKey    = "exception.type"
	ExceptionMessageKey = "exception.message"
	ExceptionStackKey   = "exception.stacktrace"
)

// TypeName returns the name of an error's type, as the tag exception.type needs it.
func TypeName(err error) string { return fmt.Sprintf("%T", err) }

// tagger is a span of package trace. It takes an attribute without allocating.
type tagger interface {
	Tag(attribute.KeyValue)
}

// tag sets attributes. Callers check IsRecording first, so that no attribute is
// built for a span that does not record.
func tag(span oteltrace.Span, kvs ...attribute.KeyValue) {
	if own, ok := span.(tagger); ok {
		for _, kv := range kvs {
			own.Tag(kv)
		}
		return
	}
	// The copy keeps kvs on the caller's stack.
	span.SetAttributes(slices.Clone(kvs)...)
}

func tagIf(span oteltrace.Span, key, value string) {
	if value != "" {
		tag(span, attribute.String(key, value))
	}
}
