package proxy

import (
	"net/http"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/internal/wire"
)

// appendVia adds this hop to the Via of a response. Every line that came is kept; ours
// is appended to the last (RFC 9110 section 7.6.3, ViaHeaderAppenderFilter.scala), or by
// HTTP/2 to all of them as one line (ViaHeaderFilter.scala).
func (x *exchange) appendVia(resp *http.Response) {
	via := hopName(resp.ProtoMajor, resp.ProtoMinor)
	lines := resp.Header[wire.ViaName]
	if len(lines) == 0 {
		x.via[0] = via
		resp.Header[wire.ViaName] = x.via[:]
		return
	}
	if resp.ProtoMajor == 2 {
		lines = []string{strings.Join(lines, ", ")}
	}
	lines = slices.Clone(lines) // the array may be the transport's
	lines[len(lines)-1] += ", " + via
	resp.Header[wire.ViaName] = lines
}

// hopName returns this hop's member of Via, by the protocol of the message that it got.
func hopName(major, minor int) string {
	switch {
	case major == 2:
		return "h2 linkerd"
	case major == 1 && minor == 0:
		return "1.0 linkerd"
	}
	return "1.1 linkerd"
}
