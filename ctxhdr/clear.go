package ctxhdr

import "net/http"

// Clear removes every l5d-* header, however it is spelled; see [IsMesh]. That
// is what a server with clearContext does to the requests and responses of
// strangers. Trace contexts of other formats stay; see [IsForeignTrace].
func Clear(h http.Header) {
	for k := range h {
		if IsMesh(k) {
			delete(h, k)
		}
	}
}

// IsMesh reports whether the key of a header map is that of an l5d-* header, in
// whatever case, and with "_" or "." where it should have "-": what is behind
// CGI or an application server that works like it sees l5d_ctx_trace and
// l5d-ctx-trace under one name (RFC 3875 section 4.1.18).
func IsMesh(key string) bool { return hasPrefixAlike(key, Prefix) }

// IsForeignTrace reports whether the key of a header map is that of a header
// that carries the trace context of another format than Linkerd's: B3 in both
// forms, W3C's traceparent and tracestate, and baggage, which travels with them.
// It goes by the same spellings as IsMesh.
func IsForeignTrace(key string) bool {
	if key == "" {
		return false
	}
	switch key[0] | 0x20 {
	case 'b':
		return Alike(key, B3Name) || Alike(key, BaggageName)
	case 't':
		return Alike(key, TraceparentName) || Alike(key, TracestateName)
	case 'x':
		return hasPrefixAlike(key, b3Prefix)
	}
	return false
}

// Alike reports whether CGI shows the header of this key under the same name as
// the header called name: in whatever case, and with "_" or "." for "-".
func Alike(key, name string) bool { return len(key) == len(name) && hasPrefixAlike(key, name) }

func hasPrefixAlike(s, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if alike(s[i]) != alike(prefix[i]) {
			return false
		}
	}
	return true
}

// alike is the same byte for all that CGI does not tell apart.
func alike(c byte) byte {
	switch {
	case 'A' <= c && c <= 'Z':
		return c + 'a' - 'A'
	case c == '_' || c == '.':
		return '-'
	}
	return c
}
