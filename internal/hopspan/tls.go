package hopspan

import (
	"crypto/tls"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"
)

// Tags of connections with TLS. The first two are attributes of OpenTelemetry
// (opentelemetry.io/docs/specs/semconv/registry/attributes/tls), which has none for the name
// that a certificate was compared with: its tls.client.server_name was given up.
const (
	TLSVersionKey = "tls.protocol.version"
	TLSClientKey  = "tls.client.subject"
	TLSNameKey    = "meshhop.tls.name"
)

// ArrivedByTLS sets the tags of a server span whose request came by TLS: the version, and the
// subject of the certificate that the client has shown, if it has.
func ArrivedByTLS(span oteltrace.Span, state *tls.ConnectionState) {
	if !span.IsRecording() {
		return
	}
	tagIf(span, TLSVersionKey, TLSVersion(state.Version))
	if len(state.PeerCertificates) > 0 {
		tag(span, attribute.String(TLSClientKey, state.PeerCertificates[0].Subject.String()))
	}
}

// SentByTLS sets the tags of a client span whose connection has TLS: the version, and the
// name that the endpoint's certificate is for; empty: none was compared.
func SentByTLS(span oteltrace.Span, version uint16, name string) {
	if !span.IsRecording() {
		return
	}
	tagIf(span, TLSVersionKey, TLSVersion(version))
	tagIf(span, TLSNameKey, name)
}

// TLSVersion is the number of a version: "1.3"; empty for none.
func TLSVersion(version uint16) string {
	number, _ := strings.CutPrefix(tls.VersionName(version), "TLS ")
	if version == 0 {
		return ""
	}
	return number
}
