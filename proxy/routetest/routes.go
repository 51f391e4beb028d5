package routetest

import (
	"context"
	"maps"
	"net/http"
	"os"
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

// Load reads a file with a configuration in YAML or JSON, as config.Load does.
// What is wrong with it ends the test. Namers, telemeters, transformers and
// interpreters of Linkerd's that this module does not have are no error where
// something else takes their place anyway, nor are their keys: see [Namerd].
func Load(t testing.TB, file string, opts ...Option) *Routes {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("routetest: %v", err)
	}
	return load(t, file, text, opts)
}

// Parse is [Load] for a configuration at hand.
func Parse(t testing.TB, yaml string, opts ...Option) *Routes {
	t.Helper()
	return load(t, "yaml", []byte(yaml), opts)
}

func load(t testing.TB, name string, text []byte, opts []Option) *Routes {
	t.Helper()
	o := options{kinds: config.Builtin()}
	for _, opt := range opts {
		opt(&o)
	}
	if err := o.namerd.parse(); err != nil {
		t.Fatalf("routetest: %v", err)
	}
	var now *catcher // of the request that is asked
	file, err := config.Load(name, text, o.fakes(&now))
	if err != nil {
		t.Fatalf("routetest:\n%v", err)
	}
	r := &Routes{t: t, namers: map[string]*resolvetest.Namer{}}
	r.build = func(c *catcher) (*built, error) {
		now = c
		mesh, err := file.Build(config.BuildOptions{NewTransport: nowhere})
		if err != nil {
			return nil, err
		}
		for _, m := range mesh.Namers {
			if fake, ok := m.Namer.(*resolvetest.Namer); ok {
				r.namers[m.Prefix.String()] = fake
			}
		}
		for _, m := range o.namerd.mounts {
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
