package proxy_test

import (
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// conduct is something that a client or a backend can see of a proxy. The rows
// are what the tests of httputil.ReverseProxy check of it, as far as it shows
// on a connection, and what a proxy that takes its place must do besides.
type conduct struct {
	name string
	// watch starts a backend and a proxy in front of it, and returns what was
	// seen, a line each.
	watch func(t *testing.T, start starter) []string
	want  []string // of a hop, and of httputil.ReverseProxy unless stock is set
	stock []string // of httputil.ReverseProxy, where a hop differs on purpose
	alone bool     // not run against httputil.ReverseProxy, which would take too long to fail or does now one thing, now another
	why   string   // the purpose of the difference
	open  string   // what is missing where a hop does not do as wanted yet
}

// TestReverseProxyConduct runs every row against a hop and against an
// httputil.ReverseProxy in front of the same kind of backend.
func TestReverseProxyConduct(t *testing.T) {
	rows := slices.Concat(headConduct(), contextConduct(), messageConduct(), requestConduct(), bodyConduct(),
		flushConduct(), trailerConduct(), informationalConduct(), errorConduct(), leavingConduct(), upgradeConduct(), tunnelConduct())
	names := map[string]bool{}
	for _, row := range rows {
		if names[row.name] {
			t.Errorf("two rows are called %q", row.name)
		}
		names[row.name] = true
		if differs := row.stock != nil || row.alone; differs == (row.why == "") {
			t.Errorf("row %q: a difference and its reason go together", row.name)
		}
		t.Run(row.name, func(t *testing.T) {
			t.Run("hop", func(t *testing.T) { row.checkHop(t, startsHop(router.H1Transport)) })
			if row.open == "" {
				t.Run("hop, with the client of net/http", func(t *testing.T) { row.checkHop(t, startsHop(router.HTTPTransport)) })
			}
			want := row.want
			if row.stock != nil {
				want = row.stock
				if cmp.Equal(row.want, row.stock, cmpopts.EquateEmpty()) {
					t.Error("the row says that the two differ, but wants the same of both")
				}
			}
			if !row.alone {
				t.Run("httputil", func(t *testing.T) {
					if diff := row.diff(t, startsStock, want); diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
				})
			}
		})
	}
}

func (c conduct) diff(t *testing.T, start starter, want []string) string {
	got := c.watch(t, start)
	for i := range got {
		got[i] = unmarked(got[i])
	}
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}

func (c conduct) checkHop(t *testing.T, start starter) {
	switch diff := c.diff(t, start, c.want); {
	case diff == "" && c.open != "":
		t.Errorf("this is as wanted now; it is open no more: %s", c.open)
	case diff != "" && c.open != "":
		t.Skipf("open: %s (-want +got):\n%s", c.open, diff)
	case diff != "":
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A starter starts a proxy in front of a backend and returns its address.
type starter func(t testing.TB, backend string, options ...around) string

// setup is what a row changes of the proxy.
type setup struct {
	wrap      func(http.Handler) http.Handler // middleware
	rewrite   bool                            // httputil: Rewrite instead of the older Director
	flush     time.Duration                   // httputil: FlushInterval
	log       io.Writer
	responses func(*http.Response) // changes what the transport returned
}

type around func(*setup)

// wrapped puts middleware around the proxy.
func wrapped(middleware func(proxy http.Handler, w http.ResponseWriter, r *http.Request)) around {
	return func(s *setup) {
		s.wrap = func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { middleware(next, w, r) })
		}
	}
}

// flushing has httputil.ReverseProxy flush after every write.
func flushing(s *setup) { s.flush = -1 }

// rewriting has httputil.ReverseProxy use Rewrite, which its authors advise.
func rewriting(s *setup) { s.rewrite = true }

func logging(to io.Writer) around { return func(s *setup) { s.log = to } }

// changingResponse changes the backend's responses before the proxy sees them.
func changingResponse(change func(*http.Response)) around {
	return func(s *setup) { s.responses = change }
}

// changed is a transport whose responses are changed.
type changed struct {
	http.RoundTripper
	responses func(*http.Response)
}

func (c *changed) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.RoundTripper.RoundTrip(r)
	if err == nil {
		c.responses(resp)
	}
	return resp, err
}

func (c *changed) CloseIdleConnections() {
	c.RoundTripper.(interface{ CloseIdleConnections() }).CloseIdleConnections()
}

func (s *setup) serve(t testing.TB, h http.Handler) string {
	if s.wrap != nil {
		h = s.wrap(h)
	}
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func newSetup(options []around) *setup {
	s := &setup{log: io.Discard}
	for _, o := range options {
		o(s)
	}
	return s
}

// startsHop starts hops whose client is made by newTransport.
func startsHop(newTransport func(resolve.Address, router.TransportConfig) http.RoundTripper) starter {
	return func(t testing.TB, backend string, options ...around) string {
		t.Helper()
		s := newSetup(options)
		h := startHop(t, backend, withProxy(func(c *proxy.Config) {
			c.ErrorLog = slog.New(slog.NewTextHandler(s.log, nil))
		}), withRouter(func(c *router.Config) {
			c.NewTransport = func(address resolve.Address, config router.TransportConfig) http.RoundTripper {
				if s.responses == nil {
					return newTransport(address, config)
				}
				return &changed{newTransport(address, config), s.responses}
			}
		}))
		return s.serve(t, h.server)
	}
}

func startsStock(t testing.TB, backend string, options ...around) string {
	t.Helper()
	s := newSetup(options)
	target := &url.URL{Scheme: "http", Host: backend}
	stock := httputil.NewSingleHostReverseProxy(target)
	if s.rewrite {
		stock = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
		}}
	}
	transport := &http.Transport{DisableCompression: true, ExpectContinueTimeout: 5 * time.Second}
	t.Cleanup(transport.CloseIdleConnections)
	stock.Transport = transport
	if s.responses != nil {
		stock.Transport = &changed{transport, s.responses}
	}
	stock.FlushInterval = s.flush
	stock.ErrorLog = log.New(s.log, "", 0)
	return s.serve(t, stock)
}
