package router

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/meshhop/meshhop/internal/inbound"
)

// receive makes the request that is sent of the one that came, and reads what its
// headers say to this hop.
type receive struct {
	router *Router
	below  stage
}

func (s *receive) do(x *exchange) (*http.Response, error) {
	x.ctx = x.asked.Context()
	if in := inbound.FromContext(x.ctx); in != nil && in.Take() {
		x.out, x.local = x.asked, in // a proxy's own, and so ours to change
		if in.Arrived.IsZero() {
			in.Arrived = time.Now()
		}
		return s.below.do(x)
	}
	if err := checkScheme(x.asked.URL); err != nil {
		return nil, err
	}
	x.secure = isSecure(x.asked.URL)
	x.out = copied(x.asked)
	var err error
	if x.ctx, x.local, err = s.router.localFrom(x.ctx, x.out.Header); err != nil {
		return nil, err
	}
	return s.below.do(x)
}

func (s *receive) done(x *exchange, o Outcome) {
	if x.local != nil {
		s.below.done(x, o)
	}
}

// copied returns a copy of the caller's request that the router may change. It
// copies the struct and the header map, not the body.
func copied(in *http.Request) *http.Request {
	out := new(http.Request)
	*out = *in
	out.RequestURI = "" // a client request has none
	out.Header = in.Header.Clone()
	if out.Header == nil {
		out.Header = http.Header{}
	}
	if out.Host == "" && in.URL != nil {
		out.Host = in.URL.Host
	}
	u := url.URL{}
	if in.URL != nil {
		u = *in.URL
	}
	if u.User != nil && out.Header.Get("Authorization") == "" {
		password, _ := u.User.Password()
		out.SetBasicAuth(u.User.Username(), password)
	}
	u.Scheme, u.User = "http", nil // the transport knows whether it is secure
	if u.Host == "" {
		u.Host = out.Host
	}
	out.URL = &u
	return out
}

// checkScheme returns the error of a URL whose scheme is not supported.
func checkScheme(u *url.URL) error {
	if u == nil || u.Scheme == "" || strings.EqualFold(u.Scheme, "http") || isSecure(u) {
		return nil
	}
	return &Error{Kind: unsupportedScheme, Err: fmt.Errorf("%q: only http and https are supported", strings.ToLower(u.Scheme))}
}

// isSecure reports whether a URL asks for TLS.
func isSecure(u *url.URL) bool { return u != nil && strings.EqualFold(u.Scheme, "https") }
