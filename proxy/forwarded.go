package proxy

import (
	"hash/maphash"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strings"

	"github.com/meshhop/meshhop/internal/httpx"
)

// Forwarded configures the line of the header Forwarded that is added to requests that
// are sent on (RFC 7239, AddForwardedHeader.scala). It names the two ends of the
// connection on which the request came: by=BY;for=FOR;host=HOST, followed by
// ;proto=SCHEME if the request's target has a scheme. Lines that came are kept.
//
// The zero value names both ends by a random label for each request, as Linkerd does.
type Forwarded struct {
	By  ForwardedNode // this hop
	For ForwardedNode // the client
}

// A ForwardedNode is how one end is named.
type ForwardedNode struct {
	Kind NodeKind
	// Label is the name for StaticNode. It gets a leading underscore if it has none
	// (RFC 7239 section 6.3), and characters other than letters, digits and ._- are
	// left out.
	Label string
}

// A NodeKind is a way to name one end of a connection.
type NodeKind uint8

const (
	RequestRandomNode    NodeKind = iota // another label for each request, such as _hQaTNd
	ConnectionRandomNode                 // a label for each connection
	IPNode                               // 192.0.2.1, or "[2001:db8::1]"
	IPPortNode                           // "192.0.2.1:80", or "[2001:db8::1]:80"
	RouterNode                           // the router's label
	StaticNode                           // ForwardedNode.Label
)

const unknownNode = "unknown" // RFC 7239 section 6.2

// forwarder writes the header.
type forwarder struct {
	by, of      ForwardedNode
	connections maphash.Seed
}

func newForwarder(f *Forwarded, router string) *forwarder {
	if f == nil {
		return nil
	}
	w := &forwarder{by: f.By, of: f.For, connections: maphash.MakeSeed()}
	for _, node := range []*ForwardedNode{&w.by, &w.of} {
		switch node.Kind {
		case RouterNode:
			node.Label = obfuscated(router)
		case StaticNode:
			node.Label = obfuscated(node.Label)
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
		b.WriteString(";host=")
		writeValue(&b, r.Host)
	}
	if r.URL.IsAbs() {
		b.WriteString(";proto=")
		writeValue(&b, r.URL.Scheme)
	}
	return b.String()
}

// node writes the end at addr of a connection.
func (f *forwarder) node(b *strings.Builder, n ForwardedNode, addr, other netip.AddrPort) {
	switch n.Kind {
	case IPNode, IPPortNode:
		ip := addr.Addr()
		switch {
		case !ip.IsValid() || ip.IsUnspecified():
			b.WriteString(unknownNode)
		case n.Kind == IPPortNode:
			b.WriteString(`"` + netip.AddrPortFrom(ip.WithZone(""), addr.Port()).String() + `"`)
		case ip.Is4():
			b.WriteString(ip.String())
		default:
			b.WriteString(`"[` + ip.WithZone("").String() + `]"`)
		}
	case RequestRandomNode:
		writeLabel(b, rand.Uint64())
	case ConnectionRandomNode:
		// The two addresses identify a connection as long as it is open.
		writeLabel(b, maphash.Comparable(f.connections, [2]netip.AddrPort{addr, other}))
	default:
		b.WriteString(n.Label)
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
