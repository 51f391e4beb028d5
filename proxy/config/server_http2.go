package config

import (
	"math"
	"net/http"
	"strings"

	"github.com/meshhop/meshhop/proxy/serve"
)

// The protocols of a server, by the names that they have in a file.
const (
	http11 = "http/1.1"
	http2  = "h2"  // by TLS
	http2c = "h2c" // in the clear
)

// http2Keys are those of HTTP/2 alone.
var http2Keys = [...]string{
	"maxConcurrentStreamsPerConnection", "windowUpdateRatio", "headerTableBytes", "initialStreamWindowBytes", "maxFrameBytes", "maxHeaderListBytes",
}

// readHTTP2Server reads what a server speaks, and the keys of HTTP/2. Without the key
// protocols that is what its router is for.
func readHTTP2Server(d *Decoder, ofRouter string) (p http.Protocols, bounds serve.HTTP2) {
	secure := d.Has("tls")
	p = readProtocols(d, secure)
	if p == (http.Protocols{}) && ofRouter == http2 {
		p.SetHTTP2(secure)
		p.SetUnencryptedHTTP2(!secure)
	}
	bounds = serve.HTTP2{
		MaxConcurrentStreams: d.Int("maxConcurrentStreamsPerConnection", 0, 1, math.MaxInt32),
		HeaderTableBytes:     d.Int("headerTableBytes", 0, 1, 4<<20-1),
		StreamWindowBytes:    d.Int("initialStreamWindowBytes", 0, 64<<10-1, 4<<20),
		MaxFrameBytes:        d.Int("maxFrameBytes", 0, 16<<10, 1<<24-1),
		MaxHeaderListBytes:   d.Int("maxHeaderListBytes", 0, 1, math.MaxInt32),
	}
	if d.Has("windowUpdateRatio") {
		if r := d.Float("windowUpdateRatio", 0.5, 0, 1); r <= 0 || r >= 1 {
			d.Errorf("windowUpdateRatio", "must be greater than 0 and less than 1")
		}
	}
	if !p.HTTP2() && !p.UnencryptedHTTP2() {
		for _, key := range http2Keys {
			if d.Has(key) {
				d.Errorf(key, "is for HTTP/2, which the server does not speak; write protocols: [http/1.1, h2, h2c]")
			}
		}
	} else if d.Has("windowUpdateRatio") {
		d.Noticef("windowUpdateRatio", "has no effect: the window of a stream is opened again as the body is read")
	}
	return p, bounds
}

// readProtocols reads the list; none: it is not there, or wrong.
func readProtocols(d *Decoder, secure bool) (p http.Protocols) {
	if !d.Has("protocols") {
		return p
	}
	unused, before := "", len(d.doc.report.errors)
	for _, name := range d.Texts("protocols") {
		switch {
		case name == http11:
			p.SetHTTP1(true)
		case name == http2 && secure:
			p.SetHTTP2(true)
		case name == http2c && !secure:
			p.SetUnencryptedHTTP2(true)
		case name == http2:
			unused = "h2 is HTTP/2 by TLS, and this server has no tls; h2c is HTTP/2 without"
		case name == http2c:
			unused = "h2c is HTTP/2 without TLS, and this server has tls; h2 is HTTP/2 with it"
		default:
			d.Errorf("protocols", "has %s; known are %s", quoted(name), strings.Join([]string{http11, http2, http2c}, ", "))
		}
	}
	switch {
	case len(d.doc.report.errors) > before:
	case p == http.Protocols{} && unused != "":
		d.Errorf("protocols", "has nothing that this server can speak: %s", unused)
	case p == http.Protocols{}:
		d.Errorf("protocols", "must have at least one of %s", strings.Join([]string{http11, http2, http2c}, ", "))
	case unused != "":
		d.Noticef("protocols", "%s", unused)
	}
	return p
}
