package router

import (
	"net/http"
	"strings"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/resolve"
)

// HeaderToken names a request after the value of a header, verbatim, as one
// segment: neither trimmed nor lower-cased, a port kept. With "Host" it is
// Linkerd's default (io.l5d.header.token, HeaderIdentifier.scala), for HTTP/2 by the
// name of ":authority". The other fields of HTTP/2's own, such as ":path", are known
// too, whatever the protocol of the request is.
func HeaderToken(header string) Identifier { return headerToken(header) }

type headerToken string

func (h headerToken) Identify(r *http.Request) (resolve.Path, error) {
	value := headerValue(r, string(h))
	if value == "" {
		return resolve.Path{}, h.absent(r)
	}
	return resolve.Path{}.AppendLabel(value), nil
}

// absent declines a request in the words of Linkerd's router for its protocol
// (HeaderTokenIdentifier.scala has those for HTTP/2).
func (h headerToken) absent(r *http.Request) error {
	if r.ProtoMajor < 2 {
		return &UnidentifiedError{string(h) + " header is absent"}
	}
	name := string(h)
	if strings.EqualFold(name, "Host") {
		name = authorityHeader
	}
	return &UnidentifiedError{"missing header: '" + name + "'"}
}

// HeaderPath names a request after a header whose value is a path, such as
// l5d-name: /cities/paris (io.l5d.header, HeaderIdentifier.scala). A value
// that is not a path is an error, not a decline.
func HeaderPath(header string) Identifier { return headerPath(header) }

type headerPath string

func (h headerPath) Identify(r *http.Request) (resolve.Path, error) {
	value := headerValue(r, string(h))
	if value == "" {
		return resolve.Path{}, &UnidentifiedError{string(h) + " header is absent"}
	}
	return resolve.ParsePath(value)
}

// The fields of HTTP/2 that net/http keeps in other places than the header.
const (
	authorityHeader = ":authority"
	pathHeader      = ":path"
	methodHeader    = ":method"
	schemeHeader    = ":scheme"
)

// headerValue is the first value of a header; net/http keeps Host apart.
func headerValue(r *http.Request, name string) string {
	switch {
	case strings.EqualFold(name, "Host"):
		return r.Host
	case !strings.HasPrefix(name, ":"):
		return r.Header.Get(name)
	}
	switch strings.ToLower(name) {
	case authorityHeader:
		return r.Host
	case pathHeader:
		path, query := splitTarget(r.URL)
		return path + query
	case methodHeader:
		return hopspan.Method(r)
	case schemeHeader:
		return hopspan.Scheme(r)
	}
	return r.Header.Get(name)
}
