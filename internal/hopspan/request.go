package hopspan

import (
	"net/http"
	"net/url"
)

// Method returns the request's method; "" means GET.
func Method(r *http.Request) string {
	if r.Method == "" {
		return http.MethodGet
	}
	return r.Method
}

// Host returns the host that the request is for.
func Host(r *http.Request) string {
	if r.Host == "" && r.URL != nil {
		return r.URL.Host
	}
	return r.Host
}

// Scheme returns the scheme by which a request came in.
func Scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// URI returns the request's target, query included.
func URI(u *url.URL) string {
	if u == nil {
		return "/"
	}
	return u.RequestURI()
}

// Version returns the protocol; "" means HTTP/1.1.
func Version(proto string) string {
	if proto == "" {
		return "HTTP/1.1"
	}
	return proto
}

// ClientName returns the name of an attempt's span.
func ClientName(r *http.Request) string {
	path := "/"
	if r.URL != nil {
		if p := r.URL.EscapedPath(); p != "" {
			path = p
		}
	}
	return Method(r) + " " + path
}
