package helloworld_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/helloworld"
	"github.com/meshhop/meshhop/internal/wire"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start serves an App on a loopback address until the test ends.
func start(t *testing.T, ip string, cfg helloworld.Config) (hostport string) {
	t.Helper()
	a, err := helloworld.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	ln, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		t.Skipf("SKIPPED, NOT TESTED: cannot listen on %s: %v", ip, err)
	}
	srv := httptest.NewUnstartedServer(a)
	srv.Listener.Close()
	srv.Listener = ln
	srv.Start()
	t.Cleanup(srv.Close)
	return ln.Addr().String()
}

// seen is what a hop saw of a request.
type seen struct {
	Target string
	Host   string
	Header http.Header
}

// hop is a stand-in for the mesh: a forward proxy that sends everything to one
// backend and notes what it saw.
func hop(t *testing.T, backend string, requests *[]seen) *url.URL {
	t.Helper()
	base := &http.Transport{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*requests = append(*requests, seen{r.RequestURI, r.Host, r.Header.Clone()})
		out, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+backend+r.URL.Path, nil)
		if err != nil {
			t.Error(err)
			return
		}
		resp, err := base.RoundTrip(out)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		w.WriteHeader(resp.StatusCode)
		io.Copy(w, resp.Body)
	}))
	t.Cleanup(func() { srv.Close(); base.CloseIdleConnections() })
	u, err := helloworld.ParseProxy(srv.Listener.Addr().String()) // no scheme, as in the manifests
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func get(t *testing.T, hostport string, h http.Header) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+hostport+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if h != nil {
		r.Header = h
	}
	base := &http.Transport{}
	defer base.CloseIdleConnections()
	resp, err := base.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestWorldAlone(t *testing.T) {
	resp, body := get(t, start(t, "127.0.0.1", helloworld.Config{Text: "world"}), nil)
	if want := "world (127.0.0.1)!"; body != want || resp.StatusCode != 200 {
		t.Errorf("%s: %q, want %q", resp.Status, body, want)
	}
	if resp.ContentLength != int64(len(body)) || resp.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("Content-Length %d, Content-Type %q", resp.ContentLength, resp.Header.Get("Content-Type"))
	}
}

func TestZeroConfig(t *testing.T) {
	if _, body := get(t, start(t, "127.0.0.1", helloworld.Config{}), nil); body != "Hello (127.0.0.1)!" {
		t.Errorf("%q", body)
	}
}

func TestHelloWorldThroughAProxy(t *testing.T) {
	for _, tt := range []struct {
		what, helloIP, worldIP, want string
	}{
		{"one address", "127.0.0.1", "127.0.0.1", "Hello (127.0.0.1) world (127.0.0.1)!!"},
		{"an address each", "127.0.1.2", "127.0.2.3", "Hello (127.0.1.2) world (127.0.2.3)!!"},
		{"IPv6", "::1", "127.0.0.1", "Hello (::1) world (127.0.0.1)!!"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			var requests []seen
			world := start(t, tt.worldIP, helloworld.Config{Text: "world", Forward: true})
			hello := start(t, tt.helloIP, helloworld.Config{Text: "Hello", Target: "world", Proxy: hop(t, world, &requests), Forward: true})
			_, body := get(t, hello, nil)
			if body != tt.want {
				t.Errorf("%q, want %q", body, tt.want)
			}
			if !regexp.MustCompile(`^Hello \(.*\) world \(.*\)!!?$`).MatchString(body) {
				t.Errorf("%q is not what the article shows", body)
			}
			if len(requests) != 1 || requests[0].Target != "http://world/" || requests[0].Host != "world" {
				t.Errorf("the proxy saw %v, want one request for http://world/", requests)
			}
		})
	}
}

func TestTargetWithoutAProxy(t *testing.T) {
	world := start(t, "127.0.0.1", helloworld.Config{Text: "world"})
	hello := start(t, "127.0.0.1", helloworld.Config{Target: world})
	if _, body := get(t, hello, nil); body != "Hello (127.0.0.1) world (127.0.0.1)!!" {
		t.Errorf("%q", body)
	}
}

// The proxy is used although the target is on this machine, which is where
// http.ProxyFromEnvironment would not.
func TestProxyForALocalTarget(t *testing.T) {
	var requests []seen
	world := start(t, "127.0.0.1", helloworld.Config{Text: "world"})
	hello := start(t, "127.0.0.1", helloworld.Config{Target: "127.0.0.1:1", Proxy: hop(t, world, &requests)})
	if _, body := get(t, hello, nil); body != "Hello (127.0.0.1) world (127.0.0.1)!!" || len(requests) != 1 {
		t.Errorf("%q, through the proxy: %v", body, requests)
	}
}

func TestForwardsOnlyContextHeaders(t *testing.T) {
	dtabs := []string{"/host/world=>/tmp/world-v2", "/a=>/b"}
	in := http.Header{
		"L5d-Ctx-Trace": {"AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY="},
		"l5d-ctx-dtab":  dtabs,
		"L5d-Ctx-Thing": {"yoooooo"},
		"L5d-Dtab":      {"/x=>/y"}, "L5d-Sample": {"1.0"}, "L5d-Reqid": {"0000000000000001"}, "L5d-Dst-Service": {"/svc/hello"},
		"X-B3-Traceid": {"1"}, "Traceparent": {"00-1-2-01"}, "Cookie": {"a=b"}, "Authorization": {"secret"},
	}
	context := http.Header{
		"L5d-Ctx-Trace": in["L5d-Ctx-Trace"],
		"L5d-Ctx-Dtab":  dtabs,
		"L5d-Ctx-Thing": in["L5d-Ctx-Thing"],
	}
	for _, tt := range []struct {
		what    string
		forward bool
		want    http.Header
	}{
		{"forward", true, context},
		{"broken context", false, http.Header{}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			var requests []seen
			world := start(t, "127.0.0.1", helloworld.Config{Text: "world", Forward: tt.forward})
			hello := start(t, "127.0.0.1", helloworld.Config{Target: "world", Proxy: hop(t, world, &requests), Forward: tt.forward})
			get(t, hello, in.Clone())
			get(t, hello, nil) // must not inherit what the first one sent
			if len(requests) != 2 {
				t.Fatalf("%d requests", len(requests))
			}
			for i, want := range []http.Header{tt.want, {}} {
				got := requests[i].Header
				// The time that the client gives the target, 10 s, goes along.
				if d, ok := ctxhdr.Deadlines(got); ok != tt.forward || ok && d.Deadline.Sub(d.Timestamp).Round(time.Second) > 10*time.Second {
					t.Errorf("request %d: deadline %v, %v", i, d, ok)
				}
				got.Del(wire.DeadlineName)
				for _, k := range []string{"User-Agent", "Accept-Encoding"} {
					got.Del(k)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("request %d (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}

func TestTargetFails(t *testing.T) {
	for _, tt := range []struct {
		what    string
		handler http.HandlerFunc
		want    string
	}{
		{"a status", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }, "answered 500 Internal Server Error"},
		{"a reason from the mesh", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(ctxhdr.ErrName, "Unable+to+route+request%21")
			w.WriteHeader(502)
		}, "answered 502 Bad Gateway: Unable to route request!"},
		{"a broken reason", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(ctxhdr.ErrName, "%zz")
			w.WriteHeader(502)
		}, "answered 502 Bad Gateway\n"},
		{"an endless answer", func(w http.ResponseWriter, r *http.Request) {
			for {
				if _, err := w.Write(make([]byte, 32<<10)); err != nil {
					return
				}
			}
		}, "too long"},
		{"half an answer", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "10")
			io.WriteString(w, "half")
		}, "unexpected EOF"},
		{"no answer", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			world := httptest.NewServer(tt.handler)
			defer world.Close()
			hello := start(t, "127.0.0.1", helloworld.Config{Target: world.Listener.Addr().String(), Forward: true})
			resp, body := get(t, hello, nil)
			if resp.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, tt.want) {
				t.Errorf("%s: %q, want 503 and %q", resp.Status, body, tt.want)
			}
		})
	}
}

// When the caller goes, so does the request that was made for it.
func TestCallerLeaves(t *testing.T) {
	asked, gone := make(chan struct{}), make(chan struct{})
	world := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
		close(gone)
	}))
	defer world.Close()
	hello := start(t, "127.0.0.1", helloworld.Config{Target: world.Listener.Addr().String(), Forward: true})
	conn, err := net.Dial("tcp", hello)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: hello\r\nl5d-ctx-thing: 1\r\n\r\n")
	<-asked
	conn.Close()
	<-gone
}

func TestJSON(t *testing.T) {
	world := start(t, "127.0.0.1", helloworld.Config{Text: "world"})
	api := start(t, "127.0.0.1", helloworld.Config{Text: "<api>", Target: world, JSON: true, IP: netip.MustParseAddr("10.0.0.1")})
	resp, body := get(t, api, nil)
	// As json.Marshal writes it, which is what buoyantio/helloworld calls.
	if want := `{"api_result":"\u003capi\u003e (10.0.0.1) world (127.0.0.1)!"}`; body != want {
		t.Errorf("%s, want %s", body, want)
	}
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s, Content-Type %q", resp.Status, resp.Header.Get("Content-Type"))
	}
}

func TestNotOverTCP(t *testing.T) {
	a, err := helloworld.New(helloworld.Config{Text: "world"})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Body.String() != "world!" {
		t.Errorf("%q", w.Body)
	}
}

func TestNewRejects(t *testing.T) {
	for _, target := range []string{"http://world", "world/path", "world?q", "world#f", "user@world", ":80", "a b", "world:port", "[::1"} {
		if _, err := helloworld.New(helloworld.Config{Target: target}); err == nil || !strings.Contains(err.Error(), target) {
			t.Errorf("New with target %q: error %v", target, err)
		}
	}
}
