package hopspan

import (
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// ClientStart describes one attempt that is about to be sent.
type ClientStart struct {
	// Service is the client's label: the bound id without its leading
	// slash, for example "#/io.l5d.fs/hello".
	Service string
	// Local and Peer are the connection's addresses, where known; see
	// Connected.
	Local, Peer netip.AddrPort
}

// clientSpan is a client span of package trace. It takes each step under one
// lock.
type clientSpan interface {
	Connected(local, peer netip.AddrPort)
	Responded(resp *http.Response, success float64)
	Happened(event string, at time.Time)
}

// Connected sets the addresses of the connection that a span uses, once they
// are known; an invalid one stays as it is.
func Connected(span oteltrace.Span, local, peer netip.AddrPort) {
	if own, ok := span.(clientSpan); ok {
		own.Connected(local, peer)
		return
	}
	if span.IsRecording() {
		tagForeignPeer(span, peer)
	}
}

// Sent adds the event ws to a client span: the request was written at that time. On a
// server span it is the response, and EndServer adds it.
func Sent(span oteltrace.Span, at time.Time) { happened(span, WireSend, at) }

// Received adds the event wr to a client span: the beginning of the response was read
// at that time. On a server span StartServer adds it.
func Received(span oteltrace.Span, at time.Time) { happened(span, WireReceive, at) }

func happened(span oteltrace.Span, event string, at time.Time) {
	if own, ok := span.(clientSpan); ok {
		own.Happened(event, at)
	} else if span.IsRecording() {
		span.AddEvent(event, oteltrace.WithTimestamp(at))
	}
}

// Responded sets the tags of the response's head, http.rsp.*, and how it was
// classified: the tag l5d.success holds the fraction of success; for 0 there
// is the event l5d.failure instead. With NaN neither is written, and the
// caller adds what applies, l5d.retryable for example.
func Responded(span oteltrace.Span, resp *http.Response, success float64) {
	if resp == nil {
		return
	}
	if own, ok := span.(clientSpan); ok {
		own.Responded(resp, success)
		return
	}
	if !span.IsRecording() {
		return
	}
	tag(span,
		attribute.Int(RspStatusKey, resp.StatusCode),
		attribute.String(RspVersionKey, Version(resp.Proto)))
	tagMessage(span, resp.Header, resp.TransferEncoding, resp.ContentLength, RspLengthKey, RspTypeKey, RspEncodingKey)
	tagForeignStatus(span, resp.StatusCode, http.StatusBadRequest)
	switch {
	case math.IsNaN(success):
	case success > 0:
		tag(span, attribute.Float64(L5dSuccessKey, success))
	default:
		span.AddEvent(L5dFailure)
	}
}

// AskedToKeep reads from the header of a response whether the hop that sent it keeps the
// spans of the request, so that this one keeps its own, and removes that from the header.
func AskedToKeep(span oteltrace.Span, from http.Header) {
	if own, ok := span.(keeping); ok {
		own.AskedToKeep(from)
	}
}

// EndClient ends a client span. An error of the attempt becomes the tags
// error, exception.type and exception.message.
func EndClient(span oteltrace.Span, err error) {
	if err != nil && span.IsRecording() {
		text := err.Error()
		tag(span,
			attribute.Bool(errorKey, true),
			attribute.String(ExceptionTypeKey, TypeName(err)),
			attribute.String(ExceptionMessageKey, text))
		if _, own := span.(clientSpan); !own {
			tag(span, attribute.String(ErrorTypeKey, TypeName(err)))
		}
		span.SetStatus(codes.Error, text)
	}
	span.End()
}

// tagMessage sets the tags of headers that the message has.
func tagMessage(span oteltrace.Span, h http.Header, encodings []string, length int64, lengthKey, typeKey, encodingKey string) {
	switch text := h.Get("Content-Length"); {
	case text != "":
		tag(span, attribute.String(lengthKey, text))
	case length > 0:
		tag(span, attribute.String(lengthKey, strconv.FormatInt(length, 10)))
	}
	tagIf(span, typeKey, h.Get("Content-Type"))
	if len(encodings) > 0 {
		tag(span, attribute.String(encodingKey, strings.Join(encodings, ", ")))
	}
}
