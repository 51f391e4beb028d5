package wire

import (
	"net/http"
	"slices"
)

// LowerNames renames the keys of all l5d-*, B3 and W3C trace headers in h to
// lower case, the form in which Linkerd writes them: net/http sends keys as it
// finds them. [http.Header.Get] does not find them any more, the functions of
// this package do. Call it last, just before the request is written.
func LowerNames(h http.Header) {
	for k, v := range h {
		if !isOurs(k) {
			continue
		}
		lower := Lower(k)
		if lower == k {
			continue
		}
		if old := h[lower]; len(old) > 0 {
			v = slices.Concat(v, old)
		}
		delete(h, k)
		h[lower] = v
	}
}

func isOurs(k string) bool {
	if k == "" {
		return false
	}
	switch k[0] | 0x20 {
	case 'l':
		return HasPrefix(k, MeshPrefix)
	case 'x':
		return HasPrefix(k, B3Prefix)
	case 'b':
		return k == B3Name
	case 't':
		return k == TraceparentName || k == TracestateName
	}
	return false
}
