package router

import (
	"errors"
	"net/http"

	"github.com/meshhop/meshhop/internal/limits"
	"github.com/meshhop/meshhop/resolve"
)

// An Identifier gives a request its name, without the router's prefix.
//
// It returns an [*UnidentifiedError] where the request has nothing that it
// could make a name of, so that the next identifier of a list is asked; any
// other error ends the list. It may change r.URL (a path identifier that
// consumes what it read does), and nothing else of r.
type Identifier interface {
	Identify(r *http.Request) (resolve.Path, error)
}

// An UnidentifiedError is an identifier's word that a request is not for it.
type UnidentifiedError struct{ Reason string }

func (e *UnidentifiedError) Error() string { return e.Reason }

// FirstOf asks the identifiers in order; the first that identifies the request
// names it. If all decline, the last one's reason is given. An error that is
// not an [*UnidentifiedError] ends the search (RoutingFactory.scala).
func FirstOf(identifiers ...Identifier) Identifier {
	if len(identifiers) == 1 {
		return identifiers[0]
	}
	return firstOf(identifiers)
}

type firstOf []Identifier

func (f firstOf) Identify(r *http.Request) (resolve.Path, error) {
	return f.ask(r, func(Identifier, resolve.Path, error) {})
}

// ask calls says with what each identifier made of the request.
func (f firstOf) ask(r *http.Request, says func(Identifier, resolve.Path, error)) (resolve.Path, error) {
	var last error = &UnidentifiedError{"no identifier is configured"}
	for _, identifier := range f {
		name, err := ask(identifier, r, says)
		if err == nil {
			return name, nil
		}
		if declined := (*UnidentifiedError)(nil); !errors.As(err, &declined) {
			return resolve.Path{}, err
		}
		last = err
	}
	return resolve.Path{}, last
}

// ask has one identifier name the request, or those of a list.
func ask(identifier Identifier, r *http.Request, says func(Identifier, resolve.Path, error)) (resolve.Path, error) {
	if list, ok := identifier.(firstOf); ok {
		return list.ask(r, says)
	}
	name, err := identifier.Identify(r)
	says(identifier, name, err)
	return name, err
}

// errLongName keeps names that no dtab could spell out of the caches.
var errLongName = errors.New("the request's name exceeds the maximum length of a path")

// identify gives a request its name, and passes it to the service of that name.
type identify struct{ router *Router }

func (s *identify) do(x *exchange) (*http.Response, error) {
	asked := x.out.URL
	name, err := s.router.nameOf(x.out)
	if err != nil {
		return nil, err
	}
	s.router.identified(x, name)
	x.recordName(name.String(), asked)
	if err := pass(x.local, name); err != nil {
		return nil, err
	}
	b, err := s.router.bindingOf(dstOf(x.local, name), x.local.Dtab)
	if err != nil {
		return nil, err
	}
	defer b.done()
	x.binding, x.service = b, b.service
	return x.service.stages.do(x)
}

func (s *identify) done(x *exchange, o Outcome) {
	if x.service != nil {
		x.service.stages.done(x, o)
	}
}

// Identify implements [routerview.View].
func (r view) Identify(in *http.Request) (resolve.Path, error) {
	name, err := r.config.Identifier.Identify(in)
	if err != nil {
		return resolve.Path{}, err
	}
	return r.named(name, nil)
}

// named is the whole name of a request whose identifiers said this.
func (r *Router) named(name resolve.Path, err error) (resolve.Path, error) {
	if err != nil {
		return resolve.Path{}, &Error{Kind: Unidentified, Err: err}
	}
	if len(name.String()) > limits.TextBytes {
		return resolve.Path{}, &Error{Kind: Unidentified, Err: errLongName}
	}
	return r.config.Prefix.Append(name), nil
}
