package proxy

import (
	"net/http"
	"slices"
)

// appendVia records that a message passed here. Every line that came is kept;
// ours is appended to the last (RFC 9110 section 7.6.3,
// ViaHeaderAppenderFilter.scala). room is for a line that is the first.
func appendVia(header http.Header, major, minor int, room *[1]string) {
	via := hopName(major, minor)
	lines := header["Via"]
	if len(lines) == 0 {
		room[0] = via
		header["Via"] = room[:]
		return
	}
	lines = slices.Clone(lines) // the array may be the incoming request's
	lines[len(lines)-1] += ", " + via
	header["Via"] = lines
}

// hopName is this hop in Via, by the protocol in which it got the message.
func hopName(major, minor int) string {
	if major == 1 && minor == 0 {
		return "1.0 linkerd"
	}
	return "1.1 linkerd"
}
