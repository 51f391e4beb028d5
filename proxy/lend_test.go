package proxy_test

import (
	"io"
	"net"
	"net/http"
	"testing"

	"go.opentelemetry.io/otel/propagation"

	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/h1"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// embedding is a handler around the hop that has the hop's methods.
type embedding struct{ *proxy.Handler }

func (e embedding) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.Handler.ServeHTTP(w, r) }

// keeping is an identifier of a program's own.
type keeping struct{}

func (keeping) Identify(*http.Request) (resolve.Path, error) { return resolve.MustPath("/web"), nil }

// ownPropagator is a propagator of a program's own, which gets the headers of requests.
type ownPropagator struct{ trace.Propagator }

// withPropagator has a provider of ours, and another propagator.
func withPropagator(t *testing.T, p trace.Propagator) option {
	t.Helper()
	provider, err := trace.NewProvider(trace.ProviderConfig{})
	if err != nil {
		t.Fatal(err)
	}
	return withRouter(func(c *router.Config) {
		c.Hop = trace.NewHop(trace.HopConfig{TracerProvider: provider, Propagator: p})
	})
}

type passing struct{ http.RoundTripper }

// TestLent: the hop lends the memory of a request only if nothing that it does not know has
// had the request.
func TestLent(t *testing.T) {
	around := func(h *proxy.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r) })
	}
	itself := func(h *proxy.Handler) http.Handler { return h }
	for _, row := range []struct {
		name    string
		handler func(*proxy.Handler) http.Handler
		option  option
		request string
		want    bool
	}{
		{"the usual", itself, nil, usualRequest, true},
		{"a record of it", itself, recorded(), usualRequest, true},
		{"a handler around it", around, nil, usualRequest, false},
		{"a handler that embeds it", func(h *proxy.Handler) http.Handler { return embedding{h} }, nil, usualRequest, false},
		{"an identifier of the program's", itself, withRouter(func(c *router.Config) { c.Identifier = keeping{} }), usualRequest, false},
		{"a classifier of the program's", itself, withRouter(func(c *router.Config) {
			c.Services = func(resolve.Path) router.ServicePolicy { return router.ServicePolicy{Classifier: keeping{}} }
		}), usualRequest, false},
		{"a stage of the program's", itself, withRouter(func(c *router.Config) {
			c.Stages.Client = func(resolve.Path) []router.Stage { return []router.Stage{keeping{}} }
		}), usualRequest, false},
		{"a transport of the program's", itself, withRouter(func(c *router.Config) {
			c.NewTransport = func(a resolve.Address, t router.TransportConfig) http.RoundTripper {
				return passing{router.H1Transport(a, t)}
			}
		}), usualRequest, false},
		{"net/http's client", itself, withRouter(func(c *router.Config) { c.NewTransport = router.HTTPTransport }), usualRequest, false},
		{"a propagator of the program's", itself, withPropagator(t, ownPropagator{trace.L5d()}), usualRequest, false},
		{"one of the program's among ours", itself, withPropagator(t, trace.Bridge([]trace.Propagator{trace.W3C()}, []trace.Propagator{trace.W3C(), ownPropagator{trace.B3()}})), usualRequest, false},
		{"one of OpenTelemetry's", itself, withPropagator(t, trace.FromTextMap(propagation.TraceContext{})), usualRequest, false},
		{"a body", itself, nil, "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 4\r\n\r\n\r\n\r\n", false},
		{"no such name", itself, nil, "GET / HTTP/1.1\r\nHost: nobody\r\n\r\n", false},
		{"a time limit", itself, withProxy(func(c *proxy.Config) { c.Timeout = 1e12 }), usualRequest, false},
		{"an upgrade that is not answered", itself, nil, "GET / HTTP/1.1\r\nHost: web\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			options := []option{}
			if row.option != nil {
				options = append(options, row.option)
			}
			h := startHop(t, cannedBackend(t, usualResponse(10)), options...)
			hop, lent := row.handler(h.server), make(chan bool, 1)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			server := h1.New(h1.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				heads := h1wire.HeadsOf(r.Context())
				heads.Handler = hop // as package serve does
				hop.ServeHTTP(w, r)
				lent <- heads.Lent
			})})
			served := make(chan error, 1)
			go func() { served <- server.Serve(l) }()
			defer func() {
				server.Close()
				<-served
			}()
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			// A request whose response is late is not lent, because its client is watched.
			got := false
			for try := 0; !got && (try == 0 || row.want && try < 200); try++ {
				if _, err := io.WriteString(c, row.request); err != nil {
					t.Fatal(err)
				}
				got = <-lent
			}
			if got != row.want {
				t.Errorf("lent: %v, want %v", got, row.want)
			}
		})
	}
}

func (keeping) Classify(*http.Request, *http.Response, error) router.Class { return router.Success }

func (keeping) Handle(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	return next.RoundTrip(r)
}
