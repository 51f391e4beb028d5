package hopspan

import (
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// Attributes of OpenTelemetry's stable HTTP semantic conventions, which
// foreign providers get (opentelemetry.io/docs/specs/semconv/http/http-spans).
const (
	httpMethodKey         = "http.request.method"
	httpMethodOriginalKey = "http.request.method_original"
	httpStatusKey         = "http.response.status_code"
	errorTypeKey          = "error.type"
	urlPathKey            = "url.path"
	urlQueryKey           = "url.query"
	urlSchemeKey          = "url.scheme"
	urlFullKey            = "url.full"
	serverAddressKey      = "server.address"
	serverPortKey         = "server.port"
	clientAddressKey      = "client.address"
	networkVersionKey     = "network.protocol.version"
	networkPeerKey        = "network.peer.address"
	networkPeerPortKey    = "network.peer.port"
	userAgentKey          = "user_agent.original"
)

// TagServer sets the attributes with which a server span of another
// implementation begins, and adds the event wr.
func TagServer(span oteltrace.Span, version string, s ServerStart) {
	if !span.IsRecording() {
		return
	}
	tag(span, attribute.String(ServerVersionKey, version))
	tagIf(span, ServerLabelKey, s.Service)
	tagForeignServer(span, s)
	span.AddEvent(WireReceive)
}

// TagClient sets the attributes with which a client span of another
// implementation begins.
func TagClient(span oteltrace.Span, version string, r *http.Request, c ClientStart) {
	if !span.IsRecording() {
		return
	}
	tag(span, attribute.String(ClientVersionKey, version))
	tagIf(span, ClientLabelKey, c.Service)
	tag(span,
		attribute.String(ReqMethodKey, Method(r)),
		attribute.String(ReqHostKey, Host(r)),
		attribute.String(ReqVersionKey, Version(r.Proto)),
		attribute.String(URIKey, URI(r.URL)))
	tagMessage(span, r.Header, r.TransferEncoding, r.ContentLength, ReqLengthKey, ReqTypeKey, ReqEncodingKey)
	tagForeignClient(span, r)
	tagForeignPeer(span, c.Peer)
}

func tagForeignServer(span oteltrace.Span, s ServerStart) {
	tagForeignPeer(span, s.Peer)
	if s.Peer.IsValid() {
		tag(span, attribute.String(clientAddressKey, s.Peer.Addr().Unmap().String()))
	}
	r := s.Request
	if r == nil {
		return
	}
	tagForeignMethod(span, r)
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	tag(span, attribute.String(urlSchemeKey, scheme))
	if r.URL != nil {
		tag(span, attribute.String(urlPathKey, r.URL.EscapedPath()))
		tagIf(span, urlQueryKey, r.URL.RawQuery)
	}
	tagForeignHost(span, Host(r), scheme)
}

func tagForeignClient(span oteltrace.Span, r *http.Request) {
	tagForeignMethod(span, r)
	if r.URL == nil {
		return
	}
	scheme := r.URL.Scheme
	if scheme == "" {
		scheme = "http"
	}
	// Not URL.String, which would show an opaque target without its host.
	tag(span, attribute.String(urlFullKey, scheme+"://"+Host(r)+URI(r.URL)), attribute.String(urlSchemeKey, scheme))
	tagForeignHost(span, Host(r), scheme)
}

func tagForeignMethod(span oteltrace.Span, r *http.Request) {
	switch m := Method(r); m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodConnect, http.MethodOptions, http.MethodTrace, "QUERY":
		tag(span, attribute.String(httpMethodKey, m))
	default:
		tag(span, attribute.String(httpMethodKey, "_OTHER"), attribute.String(httpMethodOriginalKey, m))
	}
	tag(span, attribute.String(networkVersionKey, strings.TrimPrefix(Version(r.Proto), "HTTP/")))
	tagIf(span, userAgentKey, r.UserAgent())
}

func tagForeignHost(span oteltrace.Span, hostport, scheme string) {
	u := url.URL{Host: hostport}
	name, port := u.Hostname(), u.Port()
	if name == "" {
		return
	}
	tag(span, attribute.String(serverAddressKey, name))
	number := 80
	if scheme == "https" {
		number = 443
	}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return
		}
		number = int(n)
	}
	tag(span, attribute.Int(serverPortKey, number))
}

func tagForeignPeer(span oteltrace.Span, peer netip.AddrPort) {
	if peer.IsValid() {
		tag(span,
			attribute.String(networkPeerKey, peer.Addr().Unmap().String()),
			attribute.Int(networkPeerPortKey, int(peer.Port())))
	}
}

// tagForeignStatus sets the response's status; errorFrom is the first one that
// is an error.
func tagForeignStatus(span oteltrace.Span, status, errorFrom int) {
	if status == 0 {
		return
	}
	tag(span, attribute.Int(httpStatusKey, status))
	if status >= errorFrom {
		tag(span, attribute.String(errorTypeKey, strconv.Itoa(status)))
		span.SetStatus(codes.Error, "")
	}
}
