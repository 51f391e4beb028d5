package config

import (
	"math"

	"github.com/meshhop/meshhop/router"
)

// protocolSection is what a client block says of what is spoken to endpoints.
type protocolSection struct {
	path     string
	at       Position
	protocol string // "": absent
	h2       router.H2Config
}

// readClientProtocol reads protocol and the keys of HTTP/2 of a client block.
func readClientProtocol(d *Decoder) protocolSection {
	s := protocolSection{path: d.pathOf("protocol"), at: d.keyPosition("protocol"), protocol: d.Text("protocol", "")}
	switch s.protocol {
	case "", "h1", "h2", "auto":
	default:
		d.Errorf("protocol", "must be h1, h2 or auto, not %s", quoted(s.protocol))
	}
	readWindowUpdateRatio(d)
	s.h2 = router.H2Config{
		HeaderTableBytes:  d.Int("headerTableBytes", 0, 1, 4<<20-1),
		StreamWindowBytes: atLeastStandard(d, d.Int("initialStreamWindowBytes", 0, 1, 4<<20-1)),
		FrameBytes:        d.Int("maxFrameBytes", 0, 16<<10, 16<<20-1),
		HeaderListBytes:   d.Int("maxHeaderListBytes", 0, 1, math.MaxInt32),
	}
	return s
}

// standardWindow is the window of a stream that HTTP/2 begins with (RFC 9113 section 6.9.2).
const standardWindow = 64<<10 - 1

// atLeastStandard returns the window of a stream, which is not smaller than the one that each
// peer may use before it has heard of ours.
func atLeastStandard(d *Decoder, window int) int {
	if window > 0 && window < standardWindow {
		d.Noticef("initialStreamWindowBytes", "is taken for 65535, which a peer may send in any case")
		return standardWindow
	}
	return window
}

// readWindowUpdateRatio accepts what Go decides by itself.
func readWindowUpdateRatio(d *Decoder) {
	if !d.Has("windowUpdateRatio") {
		return
	}
	if r := d.Float("windowUpdateRatio", 0.99, 0, 1); r <= 0 || r >= 1 {
		d.Errorf("windowUpdateRatio", "must be above 0 and below 1")
	}
	d.Noticef("windowUpdateRatio", "has no effect: Go decides when a window is opened again")
}

// clientProtocol sets what is spoken, in a router whose own protocol is given.
func (b *builder) clientProtocol(s protocolSection, own router.Protocol) func(*router.ClientPolicy) {
	protocol := map[string]router.Protocol{"h1": router.HTTP1, "h2": router.HTTP2, "auto": router.AutoHTTP1}[s.protocol]
	if protocol == router.AutoHTTP1 && own == router.HTTP2 {
		protocol = router.AutoHTTP2
	}
	if s.protocol != "" && b.CheckTransport != nil && b.failed(s.at, s.path, b.CheckTransport(router.TransportConfig{Protocol: protocol})) {
		return func(*router.ClientPolicy) {}
	}
	return func(p *router.ClientPolicy) {
		if protocol != router.DefaultProtocol {
			p.Transport.Protocol = protocol
		}
		for _, f := range []struct{ to, from *int }{
			{&p.Transport.H2.HeaderTableBytes, &s.h2.HeaderTableBytes}, {&p.Transport.H2.StreamWindowBytes, &s.h2.StreamWindowBytes},
			{&p.Transport.H2.FrameBytes, &s.h2.FrameBytes}, {&p.Transport.H2.HeaderListBytes, &s.h2.HeaderListBytes},
		} {
			if *f.from != 0 {
				*f.to = *f.from
			}
		}
	}
}
