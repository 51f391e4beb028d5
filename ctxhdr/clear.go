package ctxhdr

import "net/http"

// Clear removes every l5d-* header, whatever its case. That is what a server
// with clearContext does to the requests and responses of strangers; other
// trace headers such as B3 stay.
func Clear(h http.Header) {
	for k := range h {
		if IsMesh(k) {
			delete(h, k)
		}
	}
}

// IsMesh reports whether the key of a header map is that of an l5d-* header, in
// whatever case.
func IsMesh(key string) bool { return hasPrefixFold(key, Prefix) }
