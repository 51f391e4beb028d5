package proxy

import (
	"net/http"
	"net/url"
	"strings"
)

// targetError refuses a request whose target has none of HTTP's forms (RFC 9112 section
// 3.2), because endpoints might read it differently.
type targetError struct{ target string }

func (e *targetError) Error() string {
	return "the request's target is neither a path nor an http URL of a host: " + e.target
}

// checkTarget returns an error unless the target, as the server read it, is a path, an
// absolute URL that this hop can serve, or * with OPTIONS, each without a fragment.
// CONNECT is refused elsewhere.
func checkTarget(r *http.Request) error {
	target := r.RequestURI
	if target == "" || r.Method == http.MethodConnect { // it did not come through net/http's server
		return nil
	}
	if strings.IndexByte(target, '#') < 0 {
		if target[0] == '/' || target == "*" && r.Method == http.MethodOptions {
			return nil
		}
		if rest := afterScheme(target); isHost(authorityOf(rest)) && isHost(r.Host) {
			return nil
		}
	}
	return &targetError{target}
}

// afterScheme returns what follows "http://" or "https://"; empty if the target has
// neither. A request for https comes in the clear from a proxy that terminates TLS.
func afterScheme(target string) string {
	scheme, rest, _ := strings.Cut(target, "://")
	if !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return ""
	}
	return rest
}

// authorityOf returns the host and the port of what follows a scheme.
func authorityOf(rest string) string {
	if at := strings.IndexAny(rest, "/?"); at >= 0 {
		rest = rest[:at]
	}
	return rest[strings.LastIndexByte(rest, '@')+1:]
}

// isHost reports whether an authority may stand in Host (RFC 3986 section 3.2.2).
// net/http checks that only if the header itself was sent.
func isHost(host string) bool {
	for i := range len(host) {
		switch c := host[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case strings.IndexByte("!$%&'()*+,-.:;=[]_~", c) < 0:
			return false
		}
	}
	return host != ""
}

// originForm returns the request's target as an origin server gets it. Of an
// absolute-form target, which is sent to a forward proxy, that is what follows the
// authority, byte for byte (RFC 9112 section 3.2.2, ProxyRewriteFilter.scala); net/http
// has taken Host from the authority already. OPTIONS without a path asks about the
// server as a whole (section 3.2.4).
//
// If middleware has changed r.URL, as http.StripPrefix does, its path and its query
// count. Its scheme and host do not: a request is identified by its own Host.
func originForm(r *http.Request) string {
	target := receivedTarget(r)
	path, query, hasQuery := strings.Cut(target, "?")
	u := r.URL
	samePath, sameQuery := isPath(u, path), u.RawQuery == query && u.ForceQuery == (hasQuery && query == "")
	if samePath && sameQuery {
		return target
	}
	if !samePath {
		path = pathOf(u)
	}
	if u.RawQuery != "" || u.ForceQuery {
		path += "?" + u.RawQuery
	}
	return path
}

// receivedTarget returns the target in origin form as it was received, whatever r.URL
// says by now. It is empty for a request that did not come through a server.
func receivedTarget(r *http.Request) string {
	target := r.RequestURI
	if target == "" || target[0] == '/' {
		return target
	}
	rest := afterScheme(target)
	if rest == "" {
		return target
	}
	at := strings.IndexAny(rest, "/?")
	if at < 0 {
		if r.Method == http.MethodOptions {
			return "*"
		}
		return "/"
	}
	if rest[at] == '?' {
		return "/" + rest[at:]
	}
	return rest[at:]
}

// isPath reports whether u, which was parsed from a target with this path, still has
// it. It may return false for a path that has only the usual escapes, which u writes
// byte for byte.
func isPath(u *url.URL, path string) bool {
	switch {
	case u.Opaque != "":
		return false
	case u.Path == path: // no escapes
		return strings.IndexByte(path, '%') < 0 && (u.RawPath == "" || u.RawPath == path)
	case u.RawPath == path:
		return unescapes(path, u.Path)
	}
	return u.Path == "" && u.RawPath == "" && (path == "/" || path == "*") // http://host
}

// unescapes reports whether to is from without its escapes.
func unescapes(from, to string) bool {
	for len(from) > 0 && len(to) > 0 {
		c, rest := from[0], from[1:]
		if c == '%' {
			if len(rest) < 2 {
				return false
			}
			c, rest = hexDigit(rest[0])<<4|hexDigit(rest[1]), rest[2:]
		}
		if c != to[0] {
			return false
		}
		from, to = rest, to[1:]
	}
	return from == to
}

// hexDigit returns the value of a hexadecimal digit. net/http has checked the escape.
func hexDigit(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// pathOf returns the path of u, which begins with a slash unless it is *.
func pathOf(u *url.URL) string {
	path := u.EscapedPath()
	if u.Opaque != "" {
		path = u.Opaque
		if at := strings.Index(path, "//"); at == 0 { // with an authority
			_, path, _ = strings.Cut(path[2:], "/")
		}
	}
	if path != "*" && !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return path
}
