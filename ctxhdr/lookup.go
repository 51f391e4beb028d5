package ctxhdr

import (
	"net/http"
	"slices"
)

// A header read by net/http has canonical keys, one that LowerNames has seen
// has lower-case keys: every reader and writer here knows both.

// first returns the first value of the header called name.
func first(h http.Header, name string) (string, bool) {
	if v := h[name]; len(v) > 0 {
		return v[0], true
	}
	if v := h[wireName(name)]; len(v) > 0 {
		return v[0], true
	}
	return "", false
}

// values returns every value of the header called name. The slice may belong
// to h.
func values(h http.Header, name string) []string {
	canonical, lower := h[name], h[wireName(name)]
	switch {
	case len(lower) == 0:
		return canonical
	case len(canonical) == 0:
		return lower
	}
	return slices.Concat(canonical, lower)
}

// set makes value the only value of the header called name.
func set(h http.Header, name, value string) {
	delete(h, wireName(name))
	h[name] = []string{value}
}

// Del removes headers of the given canonical names, whether h holds them under
// their canonical or under their lower-case key.
func Del(h http.Header, names ...string) {
	for _, name := range names {
		delete(h, name)
		delete(h, wireName(name))
	}
}
