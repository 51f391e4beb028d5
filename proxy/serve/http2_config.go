package serve

import (
	"net/http"
	"slices"
)

// HTTP2 says how a [Server] speaks HTTP/2. Zero fields mean the defaults.
type HTTP2 struct {
	// MaxConcurrentStreams is how many requests may be in flight on a connection
	// (SETTINGS_MAX_CONCURRENT_STREAMS). More are refused with REFUSED_STREAM before the
	// client has acknowledged the settings, and with PROTOCOL_ERROR afterwards.
	// Default 1000.
	MaxConcurrentStreams int

	// HeaderTableBytes bounds the table by which the header fields of requests are
	// compressed (SETTINGS_HEADER_TABLE_SIZE). Default 4096; at most 4 MiB.
	HeaderTableBytes int

	// StreamWindowBytes is how much of a request's body is kept before the handler reads it
	// (SETTINGS_INITIAL_WINDOW_SIZE). All streams of a connection may have 16 times that, or
	// 1 MiB if that is more. Default 256 KiB; at least 64 KiB less one, at most 4 MiB.
	StreamWindowBytes int

	// MaxFrameBytes is the longest frame that is read (SETTINGS_MAX_FRAME_SIZE). Default
	// 16384, which is the least; at most 16777215.
	MaxFrameBytes int

	// MaxHeaderListBytes bounds the header of a request, where each field counts 32 bytes
	// more than it has (SETTINGS_MAX_HEADER_LIST_SIZE). A longer one gets 431. Default:
	// [Config].MaxHeadBytes.
	MaxHeaderListBytes int
}

// Bounds of HTTP2. Outside of them the defaults of net/http would count.
const (
	defaultStreams      = 1000
	defaultStreamWindow = 256 << 10
	minStreamWindow     = 64<<10 - 1
	maxStreamWindow     = 4 << 20
	maxHeaderTable      = 4<<20 - 1
	minFrame, maxFrame  = 16 << 10, 1<<24 - 1
	windowsOfConnection = 16
	minConnectionWindow = 1 << 20
)

// withDefaults fills in the defaults.
func (h HTTP2) withDefaults(maxHead int) HTTP2 {
	if h.MaxConcurrentStreams <= 0 {
		h.MaxConcurrentStreams = defaultStreams
	}
	if h.HeaderTableBytes > 0 {
		h.HeaderTableBytes = min(h.HeaderTableBytes, maxHeaderTable)
	}
	if h.StreamWindowBytes <= 0 {
		h.StreamWindowBytes = defaultStreamWindow
	}
	h.StreamWindowBytes = min(max(h.StreamWindowBytes, minStreamWindow), maxStreamWindow)
	h.MaxFrameBytes = min(max(h.MaxFrameBytes, minFrame), maxFrame)
	if h.MaxHeaderListBytes <= 0 {
		h.MaxHeaderListBytes = maxHead
	}
	return h
}

// config is what net/http's server is told. Errors are counted by type.
func (h HTTP2) config(countError func(string)) *http.HTTP2Config {
	return &http.HTTP2Config{
		MaxConcurrentStreams:      h.MaxConcurrentStreams,
		MaxDecoderHeaderTableSize: h.HeaderTableBytes,
		MaxReadFrameSize:          h.MaxFrameBytes,
		MaxReceiveBufferPerStream: h.StreamWindowBytes,
		CountError:                countError,

		MaxReceiveBufferPerConnection: max(windowsOfConnection*h.StreamWindowBytes, minConnectionWindow),
	}
}

// spoken is what a server speaks, in the words of ALPN where it does so by TLS. HTTP/1.1 is
// the default.
func (c Config) spoken() (p http.Protocols) {
	if c.Protocols == (http.Protocols{}) {
		p.SetHTTP1(true)
		return p
	}
	return c.Protocols
}

// names are those of ALPN.
func alpnNames(p http.Protocols) (names []string) {
	if p.HTTP2() {
		names = append(names, "h2")
	}
	if p.HTTP1() {
		names = append(names, "http/1.1")
	}
	return slices.Clip(names)
}
