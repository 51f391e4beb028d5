package otlp

import (
	"net/http"
	"strconv"
	"strings"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/trace"
)

// Attributes of OpenTelemetry that a foreign provider gets no value for.
const (
	networkLocalKey     = "network.local.address"
	networkLocalPortKey = "network.local.port"
	resendCountKey      = "http.request.resend_count"
	requestHeaderKey    = "http.request.header."
	responseHeaderKey   = "http.response.header."

	otherLabelKey = "meshhop.label"
)

// httpSpan is what the HTTP conventions need to know of a span before its attributes are
// written. It is zero for spans that are not a hop's.
type httpSpan struct {
	hop       bool
	host, uri string
	status    int64
	exception string
	failed    bool // the status is an error
}

func httpOf(r *trace.Record) httpSpan {
	if r.Scope != "" {
		return httpSpan{}
	}
	h := httpSpan{hop: true, status: int64(r.Request.Status)}
	for i := range r.Attributes {
		kv := &r.Attributes[i]
		switch kv.Key {
		case hopspan.ReqHostKey:
			h.host = kv.Value.AsString()
		case hopspan.URIKey:
			h.uri = kv.Value.AsString()
		case hopspan.RspStatusKey:
			h.status = kv.Value.AsInt64()
		case hopspan.ExceptionTypeKey:
			h.exception = kv.Value.AsString()
		}
	}
	h.failed = h.status >= http.StatusInternalServerError || h.status >= http.StatusBadRequest && r.Kind == oteltrace.SpanKindClient
	return h
}

// attributes appends the attributes of r: a hop's, of which the conventions have another
// name, under that.
func (h *httpSpan) attributes(dst []byte, r *trace.Record) []byte {
	if !h.hop {
		for i := range r.Attributes {
			dst = appendAttribute(dst, spanAttribute, &r.Attributes[i])
		}
		return dst
	}
	for i := range r.Attributes {
		kv := &r.Attributes[i]
		switch kv.Key {
		case hopspan.ReqMethodKey:
			dst = appendMethod(dst, kv.Value.AsString())
		case hopspan.ReqHostKey:
			dst = appendHost(dst, h.host, "http")
		case hopspan.ReqVersionKey:
			dst = appendVersion(dst, kv.Value.AsString())
		case hopspan.URIKey:
			dst = h.appendURI(dst)
		case hopspan.RspStatusKey:
			dst = appendIntAttribute(dst, spanAttribute, hopspan.HTTPStatusKey, h.status)
		case hopspan.ReqLengthKey:
			dst = appendListAttribute(dst, spanAttribute, requestHeaderKey+"content-length", kv.Value.AsString())
		case hopspan.ReqTypeKey:
			dst = appendListAttribute(dst, spanAttribute, requestHeaderKey+"content-type", kv.Value.AsString())
		case hopspan.ReqEncodingKey:
			dst = appendListAttribute(dst, spanAttribute, requestHeaderKey+"transfer-encoding", kv.Value.AsString())
		case hopspan.RspLengthKey:
			dst = appendListAttribute(dst, spanAttribute, responseHeaderKey+"content-length", kv.Value.AsString())
		case hopspan.RspTypeKey:
			dst = appendListAttribute(dst, spanAttribute, responseHeaderKey+"content-type", kv.Value.AsString())
		case hopspan.RspEncodingKey:
			dst = appendListAttribute(dst, spanAttribute, responseHeaderKey+"transfer-encoding", kv.Value.AsString())
		case hopspan.AttemptKey:
			dst = appendAttribute(dst, spanAttribute, kv)
			if n := kv.Value.AsInt64(); n > 1 {
				dst = appendIntAttribute(dst, spanAttribute, resendCountKey, n-1)
			}
		default:
			dst = appendAttribute(dst, spanAttribute, kv)
		}
	}
	dst = appendRequest(dst, &r.Request)
	switch {
	case h.failed:
		var digits [20]byte
		dst = appendTextAttribute(dst, spanAttribute, hopspan.ErrorTypeKey, string(strconv.AppendInt(digits[:0], h.status, 10)))
	case h.exception != "":
		dst = appendTextAttribute(dst, spanAttribute, hopspan.ErrorTypeKey, h.exception)
	}
	return dst
}

// appendRequest appends what is known of the request of a server span.
func appendRequest(dst []byte, q *trace.ServerRequest) []byte {
	if q.Method != "" {
		dst = appendMethod(dst, q.Method)
		dst = appendTextAttribute(dst, spanAttribute, hopspan.URLSchemeKey, q.Scheme)
		dst = appendTextAttribute(dst, spanAttribute, hopspan.URLPathKey, q.Path)
		dst = appendKnown(dst, hopspan.URLQueryKey, q.Query)
		dst = appendHost(dst, q.Host, q.Scheme)
		dst = appendVersion(dst, q.Proto)
		dst = appendKnown(dst, hopspan.UserAgentKey, q.UserAgent)
	}
	if q.Status != 0 {
		dst = appendIntAttribute(dst, spanAttribute, hopspan.HTTPStatusKey, int64(q.Status))
	}
	return dst
}

// appendKnown appends an attribute unless its value is empty.
func appendKnown(dst []byte, key, value string) []byte {
	if value == "" {
		return dst
	}
	return appendTextAttribute(dst, spanAttribute, key, value)
}

func appendMethod(dst []byte, method string) []byte {
	if hopspan.KnownMethod(method) {
		return appendTextAttribute(dst, spanAttribute, hopspan.HTTPMethodKey, method)
	}
	dst = appendTextAttribute(dst, spanAttribute, hopspan.HTTPMethodKey, hopspan.OtherMethod)
	return appendTextAttribute(dst, spanAttribute, hopspan.HTTPMethodOriginalKey, method)
}

func appendHost(dst []byte, hostport, scheme string) []byte {
	name, port := hopspan.SplitHost(hostport, scheme)
	dst = appendKnown(dst, hopspan.ServerAddressKey, name)
	if port != 0 {
		dst = appendIntAttribute(dst, spanAttribute, hopspan.ServerPortKey, int64(port))
	}
	return dst
}

func appendVersion(dst []byte, proto string) []byte {
	return appendTextAttribute(dst, spanAttribute, hopspan.NetworkVersionKey, strings.TrimPrefix(proto, "HTTP/"))
}

// appendURI appends the target of a client span. One in another form than a path, such as
// that of CONNECT or the asterisk, is url.path alone.
func (h *httpSpan) appendURI(dst []byte) []byte {
	path, query, _ := strings.Cut(h.uri, "?")
	dst = appendTextAttribute(dst, spanAttribute, hopspan.URLPathKey, path)
	dst = appendKnown(dst, hopspan.URLQueryKey, query)
	if h.host == "" || !strings.HasPrefix(h.uri, "/") {
		return dst
	}
	return appendJoined(dst, spanAttribute, hopspan.URLFullKey, "http://", valid(h.host), valid(h.uri))
}

// endpoints appends who made the span and who was at the other end.
func (e *encoder) endpoints(dst []byte, r *trace.Record) []byte {
	if r.Service != e.service && r.Service != "" {
		key := otherLabelKey
		switch r.Kind {
		case oteltrace.SpanKindServer:
			key = hopspan.ServerLabelKey
		case oteltrace.SpanKindClient:
			key = hopspan.ClientLabelKey
		}
		dst = appendTextAttribute(dst, spanAttribute, key, r.Service)
	}
	if r.Local.IsValid() {
		dst = appendAddressAttribute(dst, spanAttribute, networkLocalKey, r.Local.Addr())
		dst = appendIntAttribute(dst, spanAttribute, networkLocalPortKey, int64(r.Local.Port()))
	}
	if r.Peer.IsValid() {
		dst = appendAddressAttribute(dst, spanAttribute, hopspan.NetworkPeerKey, r.Peer.Addr())
		dst = appendIntAttribute(dst, spanAttribute, hopspan.NetworkPeerPortKey, int64(r.Peer.Port()))
		if r.Kind == oteltrace.SpanKindServer {
			dst = appendAddressAttribute(dst, spanAttribute, hopspan.ClientAddressKey, r.Peer.Addr())
		}
	}
	return dst
}
