package proxy

import (
	"net/http"
	"strings"

	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/wire"
)

// stripHopByHop removes the headers that concern one connection only: those that
// Connection names, Linkerd's list (StripHopByHopHeadersFilter.scala), and the others
// that RFC 9110 section 7.6.1 tells an intermediary to remove whether or not
// Connection names them.
func stripHopByHop(header http.Header) {
	for _, name := range connectionNames(header) {
		delete(header, name)
	}
	for name := range header {
		if isHopByHop(name) {
			delete(header, name)
		}
	}
}

// isHopByHop reports whether a header concerns one connection only, whatever
// Connection says.
func isHopByHop(name string) bool {
	switch name {
	case "Connection", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade":
		return true
	case "Keep-Alive", "Proxy-Connection":
		return true
	case wire.KeepName: // from one hop to the next, which says it anew; see exchange.keeps
		return true
	case "Http2-Settings": // of an upgrade to HTTP/2, which is not passed on (RFC 7540 section 3.2.1)
		return true
	}
	return false
}

// connectionNames returns the headers that Connection names and that are present.
func connectionNames(header http.Header) (names []string) {
	for _, value := range header["Connection"] {
		for name := range strings.SplitSeq(value, ",") {
			switch name = httpx.TrimBlank(name); {
			case httpx.EqualFold(name, "keep-alive"):
				name = "Keep-Alive" // without an allocation
			case httpx.EqualFold(name, "close"):
				name = "Close"
			default:
				name = http.CanonicalHeaderKey(name)
			}
			if _, ok := header[name]; ok {
				names = append(names, name)
			}
		}
	}
	return names
}

// awaitsContinue reports whether the client holds the body of its HTTP/1.1 request back
// until it gets a 100 response (RFC 9110 section 10.1.1).
func awaitsContinue(in *http.Request) bool {
	return in.ProtoMajor == 1 && in.ProtoMinor >= 1 && httpx.HasToken(in.Header["Expect"], "100-continue")
}
