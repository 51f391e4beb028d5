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
// foreign providers and collectors get by OTLP
// (opentelemetry.io/docs/specs/semconv/http/http-spans).
const (
	HTTPMethodKey         = "http.request.method"
	HTTPMethodOriginalKey = "http.request.method_original"
	HTTPStatusKey         = "http.response.status_code"
	ErrorTypeKey          = "error.type"
	URLPathKey            = "url.path"
	URLQueryKey           = "url.query"
	URLSchemeKey          = "url.scheme"
	URLFullKey            = "url.full"
	ServerAddressKey      = "server.address"
	ServerPortKey         = "server.port"
	ClientAddressKey      = "client.address"
	NetworkVersionKey     = "network.protocol.version"
	NetworkPeerKey        = "network.peer.address"
	NetworkPeerPortKey    = "network.peer.port"
	UserAgentKey          = "user_agent.original"
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
	_, peer := s.Connection()
	tagForeignPeer(span, peer)
	if peer.IsValid() {
		tag(span, attribute.String(ClientAddressKey, peer.Addr().Unmap().String()))
	}
	r := s.Request
	if r == nil {
		return
	}
	tagForeignMethod(span, r)
	scheme := Scheme(r)
	tag(span, attribute.String(URLSchemeKey, scheme))
	if r.URL != nil {
		tag(span, attribute.String(URLPathKey, r.URL.EscapedPath()))
		tagIf(span, URLQueryKey, r.URL.RawQuery)
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
	tag(span, attribute.String(URLFullKey, scheme+"://"+Host(r)+URI(r.URL)), attribute.String(URLSchemeKey, scheme))
	tagForeignHost(span, Host(r), scheme)
}

// OtherMethod stands for a method that KnownMethod does not know.
const OtherMethod = "_OTHER"

// KnownMethod reports whether a method may be the value of http.request.method.
func KnownMethod(m string) bool {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodConnect, http.MethodOptions, http.MethodTrace, "QUERY":
		return true
	}
	return false
}

// SplitHost returns the two parts of a Host header. Without a port it is that of the
// scheme; it is 0 if the header has none that is valid, or no name.
func SplitHost(hostport, scheme string) (name string, port int) {
	u := url.URL{Host: hostport}
	name, text := u.Hostname(), u.Port()
	switch {
	case name == "":
		return "", 0
	case text != "":
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return name, 0
		}
		return name, int(n)
	case scheme == "https":
		return name, 443
	default:
		return name, 80
	}
}

func tagForeignMethod(span oteltrace.Span, r *http.Request) {
	if m := Method(r); KnownMethod(m) {
		tag(span, attribute.String(HTTPMethodKey, m))
	} else {
		tag(span, attribute.String(HTTPMethodKey, OtherMethod), attribute.String(HTTPMethodOriginalKey, m))
	}
	tag(span, attribute.String(NetworkVersionKey, strings.TrimPrefix(Version(r.Proto), "HTTP/")))
	tagIf(span, UserAgentKey, r.UserAgent())
}

func tagForeignHost(span oteltrace.Span, hostport, scheme string) {
	name, port := SplitHost(hostport, scheme)
	tagIf(span, ServerAddressKey, name)
	if port != 0 {
		tag(span, attribute.Int(ServerPortKey, port))
	}
}

func tagForeignPeer(span oteltrace.Span, peer netip.AddrPort) {
	if peer.IsValid() {
		tag(span,
			attribute.String(NetworkPeerKey, peer.Addr().Unmap().String()),
			attribute.Int(NetworkPeerPortKey, int(peer.Port())))
	}
}

// tagForeignStatus sets the response's status; errorFrom is the first one that
// is an error.
func tagForeignStatus(span oteltrace.Span, status, errorFrom int) {
	if status == 0 {
		return
	}
	tag(span, attribute.Int(HTTPStatusKey, status))
	if status >= errorFrom {
		tag(span, attribute.String(ErrorTypeKey, strconv.Itoa(status)))
		span.SetStatus(codes.Error, "")
	}
}
