package hopspan

import (
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// Attributes of OpenTelemetry's conventions for gRPC calls
// (opentelemetry.io/docs/specs/semconv/rpc/grpc).
const (
	RPCSystemKey  = "rpc.system"
	RPCServiceKey = "rpc.service"
	RPCMethodKey  = "rpc.method"
	RPCStatusKey  = "rpc.grpc.status_code"
)

// Call sets the tags of a gRPC call on either span: rpc.system, and by the path of the
// request, which is /package.Service/Method, rpc.service and rpc.method.
func Call(span oteltrace.Span, path string) {
	if !span.IsRecording() {
		return
	}
	tag(span, attribute.String(RPCSystemKey, "grpc"))
	service, method, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if ok {
		tag(span, attribute.String(RPCServiceKey, service), attribute.String(RPCMethodKey, method))
	}
}

// CallEnded sets the tag rpc.grpc.status_code, by a header grpc-status. One that is no
// number is left out.
func CallEnded(span oteltrace.Span, status string) {
	code, err := strconv.ParseUint(status, 10, 31)
	if err == nil && span.IsRecording() {
		tag(span, attribute.Int64(RPCStatusKey, int64(code)))
	}
}

// Classified sets the tag l5d.success or adds the event l5d.failure to a client span, for a
// response whose head did not decide that.
func Classified(span oteltrace.Span, success bool) {
	switch {
	case !span.IsRecording():
	case success:
		tag(span, attribute.Float64(L5dSuccessKey, 1))
	default:
		span.AddEvent(L5dFailure)
	}
}
