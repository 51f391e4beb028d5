package router

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/meshhop/meshhop/internal/httpx"
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
	httpx.SetRawTarget(&u, target)
	r.URL = &u
}
