package proxy

import (
	"net/http"
	"net/textproto"
	"strings"
)

// stripHopByHop removes the headers that concern one connection only: those
// that Connection names and Linkerd's list (StripHopByHopHeadersFilter.scala;
// RFC 9110 section 7.6.1).
func stripHopByHop(header http.Header) {
	for _, value := range header["Connection"] {
		for name := range strings.SplitSeq(value, ",") {
			if name = textproto.TrimString(name); name != "" {
				header.Del(name)
			}
		}
	}
	delete(header, "Connection")
	delete(header, "Proxy-Authenticate")
	delete(header, "Proxy-Authorization")
	delete(header, "Te")
	delete(header, "Trailer")
	delete(header, "Transfer-Encoding")
	delete(header, "Upgrade")
}

// upgradeOf is the protocol that a request or answer switches to; empty if it
// does not (RFC 9110 section 7.8).
func upgradeOf(header http.Header) string {
	for _, value := range header["Connection"] {
		for name := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(textproto.TrimString(name), "Upgrade") {
				return header.Get("Upgrade")
			}
		}
	}
	return ""
}
