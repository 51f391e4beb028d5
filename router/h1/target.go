package h1

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/meshhop/meshhop/internal/h1wire"
)

// appendTarget appends the request target: [url.URL.RequestURI] or, for CONNECT, the
// authority.
func appendTarget(out []byte, method, host string, u *url.URL) ([]byte, error) {
	start := len(out)
	switch {
	case method == http.MethodConnect && u.Path == "":
		if u.Opaque != "" {
			host = u.Opaque
		}
		out = append(out, host...)
	case u.Opaque != "":
		if strings.HasPrefix(u.Opaque, "//") {
			out = append(append(out, u.Scheme...), ':')
		}
		out = appendQuery(append(out, u.Opaque...), u)
	default:
		path := u.EscapedPath()
		if path == "" {
			path = "/"
		}
		out = appendQuery(append(out, path...), u)
	}
	for _, c := range out[start:] {
		if !h1wire.Is(c, h1wire.Target) {
			return nil, invalid("request target %q has a space or a control character", out[start:])
		}
	}
	if len(out) == start {
		return nil, invalid("request target is empty")
	}
	return out, nil
}

func appendQuery(out []byte, u *url.URL) []byte {
	if u.ForceQuery || u.RawQuery != "" {
		out = append(append(out, '?'), u.RawQuery...)
	}
	return out
}

// hostOf returns the value of the Host field. Like net/http it leaves out the zone of an
// IPv6 address, which means nothing to the peer (RFC 6874).
func hostOf(req *http.Request) (string, error) {
	host := req.Host
	if host == "" {
		host = req.URL.Host
	}
	if !h1wire.AllOf(host, h1wire.Host) {
		return "", invalid("host %q", host)
	}
	if strings.HasPrefix(host, "[") {
		if end := strings.LastIndexByte(host, ']'); end > 0 {
			if zone := strings.LastIndexByte(host[:end], '%'); zone > 0 {
				host = host[:zone] + host[end:]
			}
		}
	}
	return host, nil
}
