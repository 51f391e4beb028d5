package admin_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// site is an admin server on a real socket.
type site struct {
	*httptest.Server
	client *http.Client
}

func serve(t testing.TB, config admin.Config) *site {
	t.Helper()
	a, err := admin.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Retire(nil) })
	s := &site{Server: httptest.NewServer(a)}
	s.client = s.Client()
	t.Cleanup(s.Close)
	return s
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (s *site) do(t testing.TB, method, path, body string, header ...string) answer {
	t.Helper()
	r, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	resp, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := resp.Header.Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("%s %s: X-Content-Type-Options is %q", method, path, got)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}

func (s *site) get(t testing.TB, path string) answer {
	t.Helper()
	return s.do(t, "GET", path, "")
}

func delegatorPath(namespace, path, dtab string) string {
	return "/delegator.json?" + url.Values{"namespace": {namespace}, "path": {path}, "dtab": {dtab}}.Encode()
}

// newRouter makes a router whose names below /#/fake are the namer's.
func newRouter(t testing.TB, label string, names *resolvetest.Namer) *router.Router {
	t.Helper()
	interpreter, err := resolve.New(resolve.Config{
		MaxSteps:  10_000, // far above its default: for explanations that are too long
		Namers:    []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: names}},
		Utilities: map[string]resolve.Namer{"inet": addresses{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return routerOf(t, router.Config{Label: label, Dtab: resolve.MustDtab("/svc => /#/fake"), Interpreter: interpreter})
}

func routerOf(t testing.TB, config router.Config) *router.Router {
	t.Helper()
	r, err := router.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// addresses takes a name as an address, as /$/inet does, but asks no DNS.
type addresses struct{}

func (addresses) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	var set resolve.Replicas
	if p.Len() >= 2 {
		if addr, err := netip.ParseAddrPort(p.Label(0) + ":" + p.Label(1)); err == nil {
			set.Addresses = []resolve.Address{{AddrPort: addr, Weight: 1}}
		}
	}
	b := &resolve.Bound{ID: p.Take(2), Addr: resolve.Const(set), Residual: p.Drop(2)}
	return resolve.Const(resolve.LeafOf(resolve.Name{Bound: b}))
}

func newServer(t testing.TB, r *router.Router, name string) *proxy.Handler {
	t.Helper()
	h, err := proxy.New(proxy.Config{Router: r, ServiceName: name})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// spans are counters that a test sets.
type spans trace.PipelineStats

func (s spans) Stats() trace.PipelineStats { return trace.PipelineStats(s) }
