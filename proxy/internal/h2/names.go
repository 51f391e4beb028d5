package h2

import (
	"net/http"
	"strings"
)

// names has the canonical form of field names, and the form in lower case, of those that are
// usual and of some that the connection has had.
type names struct {
	canonical, lower map[string]string
}

const (
	maxNames    = 64 // that a connection remembers, in each direction
	maxNameSize = 64
)

// usual has the canonical form of usual names, and usualLower the other way. They are never
// modified.
var usual, usualLower = makeUsual()

func makeUsual() (canonical, lower map[string]string) {
	canonical, lower = map[string]string{}, map[string]string{}
	for name := range strings.FieldsSeq(`accept accept-charset accept-encoding accept-language accept-ranges age allow
		authorization b3 cache-control content-disposition content-encoding content-language content-length content-type
		cookie date etag expect expires forwarded from grpc-accept-encoding grpc-encoding grpc-message grpc-status
		grpc-status-details-bin grpc-timeout host if-match if-modified-since if-none-match l5d-ctx-deadline l5d-ctx-dtab
		l5d-ctx-trace l5d-dst-client l5d-dst-residual l5d-dst-service l5d-err l5d-reqid l5d-sample l5d-success-class
		last-modified location origin range referer retry-after server set-cookie strict-transport-security te
		traceparent tracestate trailer user-agent vary via www-authenticate x-b3-parentspanid x-b3-sampled x-b3-spanid
		x-b3-traceid x-forwarded-for x-forwarded-proto x-request-id`) {
		key := http.CanonicalHeaderKey(name)
		canonical[name], lower[key] = key, name
	}
	return canonical, lower
}

// key returns the canonical form of a name.
func (n *names) key(name string) string {
	if key, ok := usual[name]; ok {
		return key
	}
	if key, ok := n.canonical[name]; ok {
		return key
	}
	key := http.CanonicalHeaderKey(name)
	n.canonical = remember(n.canonical, name, key)
	return key
}

// small returns the name in lower case.
func (n *names) small(key string) string {
	if name, ok := usualLower[key]; ok {
		return name
	}
	if name, ok := n.lower[key]; ok {
		return name
	}
	name := strings.ToLower(key)
	n.lower = remember(n.lower, key, name)
	return name
}

func remember(in map[string]string, from, to string) map[string]string {
	if len(from) > maxNameSize || len(in) >= maxNames {
		return in
	}
	if in == nil {
		in = map[string]string{}
	}
	in[strings.Clone(from)] = to
	return in
}
