package h1

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/meshhop/meshhop/internal/h1wire"
)

// parseTarget parses a request target in one of its four forms (RFC 9112 section 3.2): the
// path of a resource, an absolute URL, an authority, which CONNECT alone has, and "*".
func parseTarget(to *url.URL, method, target string) error {
	if parsePath(to, target) {
		return nil
	}
	text := target
	authority := method == http.MethodConnect && !strings.HasPrefix(target, "/")
	if authority {
		text = "http://" + target
	}
	u, err := url.ParseRequestURI(text)
	if err != nil {
		return badRequest("request target: %w", err)
	}
	if authority {
		if u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery {
			return badRequest("request target %q is no authority", h1wire.Excerpt([]byte(target)))
		}
		u.Scheme = ""
	}
	*to = *u
	return nil
}

// parsePath parses the usual target: a path in which nothing is escaped or would be, and
// perhaps a query. It returns false for any other.
func parsePath(to *url.URL, target string) bool {
	if target[0] != '/' {
		return false
	}
	end := len(target)
	for i := 0; i < len(target); i++ {
		c := target[i]
		if c == '?' {
			end = i
			break
		}
		if !plainInPath(c) {
			return false
		}
	}
	*to = url.URL{Path: target[:end]}
	if end < len(target) {
		to.RawQuery = target[end+1:]
		to.ForceQuery = to.RawQuery == ""
	}
	return true
}

// plainInPath reports whether a byte of a path stands for itself, and url.URL writes it as
// it is.
func plainInPath(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	switch c {
	case '/', '-', '_', '.', '~', '$', '&', '+', ',', ':', ';', '=', '@':
		return true
	}
	return false
}
