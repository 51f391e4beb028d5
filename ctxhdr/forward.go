package ctxhdr

import (
	"net/http"
	"slices"

	"github.com/meshhop/meshhop/internal/wire"
)

// Forward copies every l5d-ctx-* header of src, with all its values, to dst,
// where it replaces what dst had under that name. src is the header of the
// request that a service answers, dst that of a request which it makes to do
// so; dst must not be nil. Middleware and Transport do it for a whole service.
func Forward(dst, src http.Header) {
	for k := range src {
		forward(dst, src, k, true)
	}
}

// forward copies what src has under key, if that is a context header.
func forward(dst, src http.Header, key string, replace bool) {
	if !wire.HasPrefix(key, wire.ContextPrefix) {
		return
	}
	name := http.CanonicalHeaderKey(key)
	vv := src[key]
	if key == name || key == wire.Lower(name) {
		vv = wire.Values(src, name)
	}
	if len(vv) == 0 {
		return
	}
	if !replace && len(wire.Values(dst, name)) > 0 {
		return
	}
	delete(dst, wire.Lower(name))
	dst[name] = slices.Clone(vv)
}
