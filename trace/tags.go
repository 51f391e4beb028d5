package trace

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// Tags and events of Linkerd's spans (DstTracing.scala, TracingFilter.scala,
// ClassifiedTracing.scala and Finagle's TraceInitializerFilter.scala).
const (
	wireSend    = "ws"
	wireReceive = "wr"

	serverVersionKey = "srv/meshhop.version"
	serverLabelKey   = "srv/meshhop.label"
	clientVersionKey = "clnt/meshhop.version"
	clientLabelKey   = "clnt/meshhop.label"

	routerLabelKey = "router.label"
	serviceKey     = "service"
	dtabBaseKey    = "dtab.base"
	dtabLocalKey   = "dtab.local"
	leftOutKey     = "meshhop.dtab.left_out" // not Linkerd's
	clientKey      = "client"
	residualKey    = "residual"
	failureKey     = "io.buoyant.router.Failure"
	namerSuccess   = "namer.success"

	uriKey              = "http.uri"
	reqMethodKey        = "http.req.method"
	reqHostKey          = "http.req.host"
	reqVersionKey       = "http.req.version"
	reqLengthKey        = "http.req.content-length"
	reqTypeKey          = "http.req.content-type"
	reqEncodingKey      = "http.req.transfer-encoding"
	rspStatusKey        = "http.rsp.status"
	rspVersionKey       = "http.rsp.version"
	rspLengthKey        = "http.rsp.content-length"
	rspTypeKey          = "http.rsp.content-type"
	rspEncodingKey      = "http.rsp.transfer-encoding"
	l5dSuccessKey       = "l5d.success"
	l5dFailure          = "l5d.failure"
	unnamed             = "unknown"
	contentLengthHeader = "Content-Length"
	contentTypeHeader   = "Content-Type"
)

// tag sets attributes. Callers ask IsRecording first, so that nothing is
// built for a span that does not record.
func tag(span oteltrace.Span, kvs ...attribute.KeyValue) {
	if own, ok := span.(*recording); ok {
		own.SetAttributes(kvs...)
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
