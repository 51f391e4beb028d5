package wire

import (
	"net/http"
	"slices"
)

// A header read by net/http has canonical keys, one that LowerNames has seen
// has lower-case keys: every reader and writer here knows both.

// First returns the first value of the header called name.
func First(h http.Header, name string) (string, bool) {
	if v := h[name]; len(v) > 0 {
		return v[0], true
	}
	if v := lowered(h, name); len(v) > 0 {
		return v[0], true
	}
	return "", false
}

// Values returns every value of the header called name. The slice may belong
// to h.
func Values(h http.Header, name string) []string {
	canonical, lower := h[name], lowered(h, name)
	switch {
	case len(lower) == 0:
		return canonical
	case len(canonical) == 0:
		return lower
	}
	return slices.Concat(canonical, lower)
}

// lowered returns what stands under the lower-case key, and does not allocate for
// names of up to 32 bytes.
func lowered(h http.Header, name string) []string {
	var key [32]byte
	if len(name) > len(key) {
		return h[Lower(name)]
	}
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		key[i] = c
	}
	return h[string(key[:len(name)])]
}

// Set makes value the only value of the header called name.
func Set(h http.Header, name, value string) {
	delete(h, Lower(name))
	h[name] = []string{value}
}

// Del removes headers of the given canonical names, whether h holds them under
// their canonical or under their lower-case key.
func Del(h http.Header, names ...string) {
	for _, name := range names {
		delete(h, name)
		delete(h, Lower(name))
	}
}
