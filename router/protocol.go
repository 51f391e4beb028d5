package router

import (
	"fmt"
	"net/http"

	"github.com/meshhop/meshhop/resolve"
)

// Protocol is what a client speaks to its endpoints (client.protocol in a configuration).
type Protocol uint8

const (
	// DefaultProtocol is HTTP1.
	DefaultProtocol Protocol = iota
	// HTTP1 is HTTP/1.1.
	HTTP1
	// HTTP2 is HTTP/2: with TLS "h2", without it with prior knowledge.
	HTTP2
	// AutoHTTP1 lets the endpoint choose HTTP/2 or HTTP/1.1 in the handshake of TLS (ALPN).
	// Without TLS it is HTTP1.
	AutoHTTP1
	// AutoHTTP2 is the same with TLS. Without it, it is HTTP2.
	AutoHTTP2
)

// String returns the name of the protocol: "http/1.1", "h2", or "auto".
func (p Protocol) String() string {
	switch p {
	case DefaultProtocol, HTTP1:
		return "http/1.1"
	case HTTP2:
		return "h2"
	case AutoHTTP1, AutoHTTP2:
		return "auto"
	}
	return fmt.Sprintf("Protocol(%d)", uint8(p))
}

// resolved is the protocol once it is known whether there is TLS.
func (p Protocol) resolved(secure bool) Protocol {
	switch {
	case p == DefaultProtocol, p == AutoHTTP1 && !secure:
		return HTTP1
	case p == AutoHTTP2 && !secure:
		return HTTP2
	}
	return p
}

// H2Config says how HTTP/2 is spoken. Zero fields mean the defaults given.
type H2Config struct {
	// HeaderTableBytes bounds the table of the compression of headers that come
	// (SETTINGS_HEADER_TABLE_SIZE). Below 4 MiB. Default: 4 KiB.
	HeaderTableBytes int

	// StreamWindowBytes is how much of one response may be on its way, or here and unread
	// (SETTINGS_INITIAL_WINDOW_SIZE). From 64 KiB to below 4 MiB. Default: 1 MiB.
	StreamWindowBytes int

	// FrameBytes is the largest frame that may come (SETTINGS_MAX_FRAME_SIZE). From
	// 16 KiB to below 16 MiB. Default: 16 KiB.
	FrameBytes int

	// HeaderListBytes bounds the header of a response (SETTINGS_MAX_HEADER_LIST_SIZE).
	// Default: 64 KiB.
	HeaderListBytes int
}

// The bounds of the fields of an H2Config. net/http takes a value beyond them for none.
const (
	minWindowBytes = 64<<10 - 1
	mostBytes      = 4<<20 - 1
	minFrameBytes  = 16 << 10
	mostFrameBytes = 16<<20 - 1
)

// fault returns the name of an invalid field and what is wrong with it.
func (c H2Config) fault() (field, reason string) {
	for _, f := range []struct {
		name               string
		value, least, most int
	}{
		{"HeaderTableBytes", c.HeaderTableBytes, 0, mostBytes},
		{"StreamWindowBytes", c.StreamWindowBytes, minWindowBytes, mostBytes},
		{"FrameBytes", c.FrameBytes, minFrameBytes, mostFrameBytes},
		{"HeaderListBytes", c.HeaderListBytes, 0, 1<<31 - 1},
	} {
		if f.value != 0 && (f.value < f.least || f.value > f.most) {
			return "H2." + f.name, fmt.Sprintf("must be from %d to %d, or 0 for the default", f.least, f.most)
		}
	}
	return "", ""
}

// EndpointTransport returns the transport of the protocol that config asks for: an
// [H1Transport], an [H2Transport], or one that is either, as the endpoint chooses in the
// handshake of TLS. It is the default of [Config].NewTransport.
func EndpointTransport(address resolve.Address, config TransportConfig) http.RoundTripper {
	switch config.Protocol.resolved(config.TLS != nil) {
	case HTTP1:
		return H1Transport(address, config)
	case HTTP2:
		return H2Transport(address, config)
	}
	return newAutoTransport(address, config)
}
