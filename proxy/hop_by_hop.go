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

// awaitsContinue says whether the caller holds its body back until it is told
// to go on, over HTTP/1.1 (RFC 9110 section 10.1.1).
func awaitsContinue(in *http.Request) bool {
	for _, value := range in.Header["Expect"] {
		if hasToken(value, "100-continue") {
			return in.ProtoMajor == 1 && in.ProtoMinor >= 1
		}
	}
	return false
}

// hasToken says whether a list of comma-separated tokens has one, in whatever
// case.
func hasToken(list, token string) bool {
	for one := range strings.SplitSeq(list, ",") {
		if strings.EqualFold(textproto.TrimString(one), token) {
			return true
		}
	}
	return false
}
