package router

import (
	"net/http"
	"net/url"
	"strings"
)

// splitTarget is a request's path and, with its question mark, its query, both
// as they stand on the wire.
func splitTarget(u *url.URL) (path, query string) {
	target := u.RequestURI()
	if at := strings.IndexByte(target, '?'); at >= 0 {
		return target[:at], target[at:]
	}
	return target, ""
}

// setTarget makes r's target the given bytes, of which no byte changes on its
// way to the wire.
func setTarget(r *http.Request, target string) {
	u := *r.URL
	SetRawTarget(&u, target)
	r.URL = &u
}

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
