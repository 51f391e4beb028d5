package proxy

import (
	"net/http"
	"slices"
)

// appendVia records that a message passed here. Every line that came is kept;
// ours is appended to the last (RFC 9110 section 7.6.3,
// ViaHeaderAppenderFilter.scala).
func appendVia(header http.Header, major, minor int) {
	const hop11, hop10 = "1.1 linkerd", "1.0 linkerd"
	via := hop11
	if major == 1 && minor == 0 {
		via = hop10
	}
	lines := header["Via"]
	if len(lines) == 0 {
		header["Via"] = []string{via}
		return
	}
	lines = slices.Clone(lines) // the array may be the incoming request's
	lines[len(lines)-1] += ", " + via
	header["Via"] = lines
}
