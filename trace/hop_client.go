package trace

import (
	"context"
	"math"
	"net/http"
	"net/netip"
	"net/url"
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

// StartClient starts the client span of one attempt as a child of the span in
// ctx, or as a root without one. Its name is "<METHOD> <path>"; the tags
// http.uri (query included) and http.req.* describe r.
func (h *Hop) StartClient(ctx context.Context, r *http.Request, c ClientStart) (context.Context, oteltrace.Span) {
	if h.foreign != nil {
		return h.startForeignClient(ctx, r, c)
	}
	ctx, span, rec := h.own.open(ctx, FromContext(ctx), order{}, oteltrace.SpanKindClient, time.Time{})
	if rec != nil {
		limit := h.own.limits.ValueBytes
		rec.Local, rec.Peer = c.Local, c.Peer
		if c.Service != "" {
			rec.Service = cut(c.Service, limit)
		}
		name, uri := rec.text.nameOf(r)
		rec.Name = cut(name, limit)
		rec.fresh(clientVersionKey, h.version)
		rec.fresh(reqMethodKey, method(r))
		rec.fresh(reqHostKey, host(r))
		rec.fresh(reqVersionKey, version(r.Proto))
		rec.fresh(uriKey, uri)
		rec.tagMessage(r.Header, r.TransferEncoding, r.ContentLength, reqLengthKey, reqTypeKey, reqEncodingKey)
	}
	return ctx, span
}

// Connected sets the addresses of the connection that a span uses, once they
// are known; an invalid one stays as it is.
func (h *Hop) Connected(span oteltrace.Span, local, peer netip.AddrPort) {
	if own, ok := span.(*recording); ok {
		own.setAddresses(local, peer)
		return
	}
	if span.IsRecording() {
		tagForeignPeer(span, peer)
	}
}

// Responded sets the tags of the answer's head, http.rsp.*, and how it was
// classified: the tag l5d.success holds the fraction of success; for 0 there
// is the event l5d.failure instead. With NaN neither is written, and the
// caller adds what applies, l5d.retryable for example.
func (h *Hop) Responded(span oteltrace.Span, resp *http.Response, success float64) {
	if resp == nil {
		return
	}
	if own, ok := span.(*recording); ok {
		own.change(func(*Record) { own.responded(resp, success) })
		return
	}
	if !span.IsRecording() {
		return
	}
	tag(span,
		attribute.Int(rspStatusKey, resp.StatusCode),
		attribute.String(rspVersionKey, version(resp.Proto)))
	tagMessage(span, resp.Header, resp.TransferEncoding, resp.ContentLength, rspLengthKey, rspTypeKey, rspEncodingKey)
	tagForeignStatus(span, resp.StatusCode, http.StatusBadRequest)
	switch {
	case math.IsNaN(success):
	case success > 0:
		tag(span, attribute.Float64(l5dSuccessKey, success))
	default:
		span.AddEvent(l5dFailure)
	}
}

func (s *recording) responded(resp *http.Response, success float64) {
	s.put(rspStatusKey, attribute.IntValue(resp.StatusCode))
	s.tag(rspVersionKey, version(resp.Proto))
	s.tagMessage(resp.Header, resp.TransferEncoding, resp.ContentLength, rspLengthKey, rspTypeKey, rspEncodingKey)
	switch {
	case math.IsNaN(success):
	case success > 0:
		s.put(l5dSuccessKey, attribute.Float64Value(success))
	default:
		s.addEvent(l5dFailure, s.now(), nil)
	}
}

// EndClient ends a client span. An error of the attempt becomes the tags
// error, exception.type and exception.message.
func (h *Hop) EndClient(span oteltrace.Span, err error) {
	if err != nil && span.IsRecording() {
		text := err.Error()
		tag(span,
			attribute.Bool(errorKey, true),
			attribute.String(exceptionTypeKey, typeName(err)),
			attribute.String(exceptionMessageKey, text))
		if _, own := span.(*recording); !own {
			tag(span, attribute.String(errorTypeKey, typeName(err)))
		}
		span.SetStatus(codes.Error, text)
	}
	span.End()
}

// nameOf is clientName and uri, in one string where that can be.
func (t *text) nameOf(r *http.Request) (name, target string) {
	u := r.URL
	if u == nil || u.ForceQuery {
		return clientName(r), uri(u)
	}
	m, path := method(r), u.EscapedPath()
	if path == "" {
		path = "/"
	}
	if u.Opaque != "" && (u.Opaque != path || strings.HasPrefix(path, "//")) {
		return clientName(r), uri(u)
	}
	var all string
	if u.RawQuery == "" {
		all = t.join(m, " ", path)
	} else {
		all = t.join(m, " ", path, "?", u.RawQuery)
	}
	return all[:len(m)+1+len(path)], all[len(m)+1:]
}

func clientName(r *http.Request) string {
	path := "/"
	if r.URL != nil {
		if p := r.URL.EscapedPath(); p != "" {
			path = p
		}
	}
	return method(r) + " " + path
}

func tagRequest(span oteltrace.Span, r *http.Request) {
	tag(span,
		attribute.String(reqMethodKey, method(r)),
		attribute.String(reqHostKey, host(r)),
		attribute.String(reqVersionKey, version(r.Proto)),
		attribute.String(uriKey, uri(r.URL)))
	tagMessage(span, r.Header, r.TransferEncoding, r.ContentLength, reqLengthKey, reqTypeKey, reqEncodingKey)
}

// tagMessage sets the tags that are there only if the header is.
func (s *recording) tagMessage(h http.Header, encodings []string, length int64, lengthKey, typeKey, encodingKey attribute.Key) {
	switch text := only(h[contentLengthHeader]); {
	case text != "":
		s.tag(lengthKey, text)
	case length > 0:
		s.tag(lengthKey, strconv.FormatInt(length, 10))
	}
	text := only(h[contentTypeHeader])
	s.tagIf(typeKey, text)
	switch len(encodings) {
	case 0:
	case 1:
		s.tag(encodingKey, encodings[0])
	default:
		s.tag(encodingKey, strings.Join(encodings, ", "))
	}
}

// only returns the first of a header's values.
func only(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// tagMessage is the same for a foreign span.
func tagMessage(span oteltrace.Span, h http.Header, encodings []string, length int64, lengthKey, typeKey, encodingKey string) {
	switch text := h.Get(contentLengthHeader); {
	case text != "":
		tag(span, attribute.String(lengthKey, text))
	case length > 0:
		tag(span, attribute.String(lengthKey, strconv.FormatInt(length, 10)))
	}
	tagIf(span, typeKey, h.Get(contentTypeHeader))
	if len(encodings) > 0 {
		tag(span, attribute.String(encodingKey, strings.Join(encodings, ", ")))
	}
}

func method(r *http.Request) string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

func host(r *http.Request) string {
	if r.Host == "" && r.URL != nil {
		return r.URL.Host
	}
	return r.Host
}

func uri(u *url.URL) string {
	if u == nil {
		return "/"
	}
	return u.RequestURI()
}

func version(proto string) string {
	if proto == "" {
		return "HTTP/1.1"
	}
	return proto
}
