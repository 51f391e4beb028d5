package proxy

import (
	"hash/maphash"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strings"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/httpx"
)

// Forwarded configures the line of the header Forwarded that is added to requests that
// are sent on (RFC 7239, AddForwardedHeader.scala). It names the two ends of the
// connection on which the request came: by=BY;for=FOR;host=HOST, followed by
// ;proto=SCHEME if the request's target has a scheme. By HTTP/2 every target has one, and
// host is authority (H2AddForwardedHeader.scala). Lines that came are kept.
//
// Each end is named in one of the ways of Linkerd's labelers:
//
//	requestRandom     another label for each request, such as _hQaTNd; the default
//	connectionRandom  a label for each connection
//	ip                192.0.2.1, or "[2001:db8::1]"
//	ip:port           "192.0.2.1:80", or "[2001:db8::1]:80"
//	router            the router's label, with an underscore in front
//	_edge             this label, or any other that begins with an underscore
//
// In a label characters other than letters, digits and ._- are left out (RFC 7239
// section 6.3).
type Forwarded struct {
	By  string // this hop
	For string // the client
}

const (
	requestRandomNode    = "requestRandom"
	connectionRandomNode = "connectionRandom"
	ipNode               = "ip"
	ipPortNode           = "ip:port"
	routerNode           = "router"

	unknownNode = "unknown" // RFC 7239 section 6.2
)

// fault returns the name of an invalid field, or "".
func (f *Forwarded) fault() string {
	if f == nil {
		return ""
	}
	for _, end := range []struct{ field, node string }{{"By", f.By}, {"For", f.For}} {
		switch end.node {
		case "", requestRandomNode, connectionRandomNode, ipNode, ipPortNode, routerNode:
		default:
			if !strings.HasPrefix(end.node, "_") {
				return end.field
			}
		}
	}
	return ""
}

// forwarder writes the header.
type forwarder struct {
	by, of      string
	connections maphash.Seed
}

func newForwarder(f *Forwarded, router string) *forwarder {
	if f == nil {
		return nil
	}
	w := &forwarder{by: f.By, of: f.For, connections: maphash.MakeSeed()}
	for _, node := range []*string{&w.by, &w.of} {
		switch {
		case *node == "":
			*node = requestRandomNode
		case *node == routerNode:
			*node = obfuscated(router)
		case strings.HasPrefix(*node, "_"):
			*node = obfuscated(*node)
		}
	}
	return w
}

// value returns the header's value for a request.
func (f *forwarder) value(r *http.Request) string {
	var b strings.Builder
	b.WriteString("by=")
	f.node(&b, f.by, localAddr(r), peerAddr(r))
	b.WriteString(";for=")
	f.node(&b, f.of, peerAddr(r), localAddr(r))
	if r.Host != "" {
		if r.ProtoMajor == 2 {
			b.WriteString(";authority=")
		} else {
			b.WriteString(";host=")
		}
		writeValue(&b, r.Host)
	}
	switch {
	case r.URL.IsAbs():
		b.WriteString(";proto=")
		writeValue(&b, r.URL.Scheme)
	case r.ProtoMajor == 2: // whose requests always have a scheme, which net/http does not tell
		b.WriteString(";proto=" + hopspan.Scheme(r))
	}
	return b.String()
}

// node writes the end at addr of a connection.
func (f *forwarder) node(b *strings.Builder, node string, addr, other netip.AddrPort) {
	switch node {
	case ipNode, ipPortNode:
		ip := addr.Addr()
		switch {
		case !ip.IsValid() || ip.IsUnspecified():
			b.WriteString(unknownNode)
		case node == ipPortNode:
			b.WriteString(`"` + netip.AddrPortFrom(ip.WithZone(""), addr.Port()).String() + `"`)
		case ip.Is4():
			b.WriteString(ip.String())
		default:
			b.WriteString(`"[` + ip.WithZone("").String() + `]"`)
		}
	case requestRandomNode:
		writeLabel(b, rand.Uint64())
	case connectionRandomNode:
		// The two addresses identify a connection as long as it is open.
		writeLabel(b, maphash.Comparable(f.connections, [2]netip.AddrPort{addr, other}))
	default:
		b.WriteString(node)
	}
}

// writeLabel writes an underscore and six letters and digits.
func writeLabel(b *strings.Builder, from uint64) {
	const symbols = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	b.WriteByte('_')
	for range 6 {
		b.WriteByte(symbols[from%uint64(len(symbols))])
		from /= uint64(len(symbols))
	}
}

// obfuscated returns a label as an obfuscated identifier (RFC 7239 section 6.3).
func obfuscated(label string) string {
	label = strings.Map(func(c rune) rune {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '-' {
			return c
		}
		return -1
	}, label)
	if !strings.HasPrefix(label, "_") {
		label = "_" + label
	}
	return label
}

// writeValue writes a token as it is, and anything else quoted: a host with a port is
// not a token (RFC 7239 section 4). Linkerd does not quote.
func writeValue(b *strings.Builder, value string) {
	if httpx.IsToken(value) {
		b.WriteString(value)
		return
	}
	b.WriteByte('"')
	for i := range len(value) {
		if c := value[i]; c == '"' || c == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(value[i])
	}
	b.WriteByte('"')
}
