package router

import (
	"net/http"
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

// HeaderToken names a request after the value of a header, verbatim, as one
// segment: neither trimmed nor lower-cased, a port kept. With "Host" it is
// Linkerd's default (io.l5d.header.token, HeaderIdentifier.scala).
func HeaderToken(header string) Identifier { return headerToken(header) }

type headerToken string

func (h headerToken) Identify(r *http.Request) (resolve.Path, error) {
	value := headerValue(r, string(h))
	if value == "" {
		return resolve.Path{}, &UnidentifiedError{string(h) + " header is absent"}
	}
	return resolve.Path{}.AppendLabel(value), nil
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

// headerValue is the first value of a header; net/http keeps Host apart.
func headerValue(r *http.Request, name string) string {
	if strings.EqualFold(name, "Host") {
		return r.Host
	}
	return r.Header.Get(name)
}
