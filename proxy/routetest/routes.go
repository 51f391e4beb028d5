package routetest

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// Routes is a routing configuration under test. Make one with [Load], [Parse]
// or [Of]. It is safe for concurrent use.
type Routes struct {
	t      testing.TB
	build  func(*catcher) (*built, error)
	namers map[string]*resolvetest.Namer // by prefix
	mu     sync.Mutex                    // one request is asked at a time
}

// built is the configuration made for one request.
type built struct {
	handlers map[string]http.Handler // by the router's label
	first    string                  // the label of the first router
	close    func() error
}

// routesOf builds the file's routes; *now is whom its interpreters tell.
func routesOf(t testing.TB, file *config.File, n *namerd, now **catcher) *Routes {
	t.Helper()
	r := &Routes{t: t, namers: map[string]*resolvetest.Namer{}}
	r.build = func(c *catcher) (*built, error) {
		*now = c
		mesh, err := file.Build(config.BuildOptions{NewTransport: nowhere, NoCertificates: true})
		if err != nil {
			return nil, err
		}
		for _, m := range mesh.Namers {
			if fake, ok := m.Namer.(*resolvetest.Namer); ok {
				r.namers[m.Prefix.String()] = fake
			}
		}
		for _, m := range n.mounts {
			r.namers[m.Prefix.String()] = m.Namer.(*resolvetest.Namer)
		}
		b := &built{handlers: map[string]http.Handler{}, close: func() error { return mesh.Close(context.Background()) }}
		for _, s := range mesh.Servers {
			if b.first == "" {
				b.first = s.Router
			}
			if b.handlers[s.Router] == nil {
				b.handlers[s.Router] = s.Handler
			}
		}
		return b, nil
	}
	r.tryOut()
	return r
}

// Of takes the configuration of a router that a program makes. Its namers are
// what the test mounts in its Interpreter; a Hop and a NewTransport are not
// used.
func Of(t testing.TB, c router.Config) *Routes {
	t.Helper()
	c.Hop, c.NewTransport = nil, nowhere
	inner := c.Interpreter
	r := &Routes{t: t, build: func(now *catcher) (*built, error) {
		c := c
		if inner != nil {
			c.Interpreter = now.before(inner)
		}
		rt, err := router.New(c)
		if err != nil {
			return nil, err
		}
		h, err := proxy.New(proxy.Config{Router: rt})
		if err != nil {
			return nil, err
		}
		return &built{handlers: map[string]http.Handler{rt.Label(): h}, first: rt.Label(), close: rt.Close}, nil
	}}
	r.tryOut()
	return r
}

// tryOut builds once, so that a test learns at the start what cannot be built.
func (r *Routes) tryOut() {
	r.t.Helper()
	b, err := r.build(&catcher{})
	if err != nil {
		r.t.Fatalf("routetest:\n%v", err)
	}
	if err := b.close(); err != nil {
		r.t.Fatalf("routetest: closing: %v", err)
	}
}

// Namer is the fake that stands where the configuration has a namer, such as
// "/#/io.l5d.fs"; of several with one prefix, the last. It ends the test if
// there is none. Changes count for rows that are checked afterwards.
func (r *Routes) Namer(prefix string) *resolvetest.Namer {
	r.t.Helper()
	n := r.namers[prefix]
	if n == nil {
		r.t.Fatalf("routetest: no namer is configured at %q; there are %q", prefix, slices.Sorted(maps.Keys(r.namers)))
	}
	return n
}

// nowhere is a transport that answers by itself.
func nowhere(resolve.Address, router.TransportConfig) http.RoundTripper { return silent{} }

type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body.Close()
	}
	return &http.Response{StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody}, nil
}
