package httpx

import (
	"net/url"
	"strings"
)

// SetRawTarget makes u write target, an origin-form request target such as
// "/a%2Fb?x=y", exactly as given, where parsing it into u and writing it again
// could change its escapes. u's scheme and host stay. One kind of target can be
// written differently all the same: in a path that begins with "//", bytes that
// no path may hold are escaped.
func SetRawTarget(u *url.URL, target string) {
	path, query, hasQuery := strings.Cut(target, "?")
	u.RawQuery, u.ForceQuery = query, hasQuery && query == ""
	u.Path, u.RawPath, u.Opaque = path, "", path
	if unescaped, err := url.PathUnescape(path); err == nil {
		u.Path, u.RawPath = unescaped, path
	}
	if strings.HasPrefix(path, "//") {
		u.Opaque = "" // RequestURI would take it for an authority
	}
}
