package proxy_test

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// anyName names every request web.
func anyName() option {
	return withRouter(func(c *router.Config) { c.Identifier = router.Static(resolve.MustPath("/web")) })
}

// TestTargetsOfNoForm: a target that has none of HTTP's forms (RFC 9112 section 3.2) is
// refused, with the reason, and counted. Linkerd 1.7.4 sends a fragment on as part of
// the path ("/web/x#f" becomes "GET /x#f"), which endpoints read differently.
func TestTargetsOfNoForm(t *testing.T) {
	for _, request := range []string{
		"GET http:/r HTTP/1.1", "GET http:r HTTP/1.1", "GET x:y HTTP/1.1", "GET http: HTTP/1.1", "GET web:80 HTTP/1.1",
		"GET * HTTP/1.1", "HEAD * HTTP/1.1",
		"GET /r#frag HTTP/1.1", "GET /web/x#f HTTP/1.1", "GET /r?q#frag HTTP/1.1", "GET http://web/r#frag HTTP/1.1",
		"GET http:///r HTTP/1.1", "GET http://?x HTTP/1.1", "GET http:// HTTP/1.1", "GET http://@/r HTTP/1.1",
		"GET http://%ff/ HTTP/1.1", "GET http:/x://h/r HTTP/1.1", "GET ftp://web/r HTTP/1.1", "GET file:///etc/passwd HTTP/1.1", "GET httpx://web/ HTTP/1.1",
	} {
		t.Run(request, func(t *testing.T) {
			bothClients(t, func(t *testing.T, client option) {
				h := startHop(t, startBackend(t, new(seen)), client, anyName())
				head, body := h.exchange(t, request+"\r\nHost: web\r\nConnection: close\r\n\r\n")
				if !strings.HasPrefix(head, "HTTP/1.1 400 ") {
					t.Fatalf("got %s", head)
				}
				reason, err := ctxhdr.DecodeErr(strings.Join(lines(head, ctxhdr.ErrName), ""))
				_, rest, _ := strings.Cut(request, " ")
				target, _, _ := strings.Cut(rest, " ")
				if want := "the request's target is neither a path nor an http URL of a host: " + target; err != nil || reason != want || !strings.HasPrefix(request, "HEAD") && body != want {
					t.Errorf("l5d-err %q (%v), body %q", reason, err, body)
				}
				if got := h.server.Stats(); got.Refused != 1 || got.Requests != 0 {
					t.Errorf("%+v", got)
				}
			})
		})
	}
}

// TestTargetsOfOtherForms: targets of HTTP's other forms are sent on.
func TestTargetsOfOtherForms(t *testing.T) {
	for request, want := range map[string]string{
		"OPTIONS * HTTP/1.1":             "OPTIONS * HTTP/1.1",
		"OPTIONS http://web HTTP/1.1":    "OPTIONS * HTTP/1.1",
		"OPTIONS http://web/ HTTP/1.1":   "OPTIONS / HTTP/1.1",
		"GET HTTP://u:p@web/a HTTP/1.1":  "GET /a HTTP/1.1",
		"GET https://web:443/a HTTP/1.1": "GET /a HTTP/1.1",
		"GET http://[::1]:80 HTTP/1.1":   "GET / HTTP/1.1",
		"GET /%23f HTTP/1.1":             "GET /%23f HTTP/1.1",
		"GET /x:y HTTP/1.1":              "GET /x:y HTTP/1.1",
		"GET /* HTTP/1.1":                "GET /* HTTP/1.1",
	} {
		t.Run(request, func(t *testing.T) {
			bothClients(t, func(t *testing.T, client option) {
				backend, got := recorder(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"+closeMark)
				h := startHop(t, backend, client, anyName())
				h.exchange(t, request+"\r\nHost: web\r\nConnection: close\r\n\r\n")
				if line, _, _ := strings.Cut(got(), "\r\n"); line != want {
					t.Errorf("the endpoint got %q, want %q", line, want)
				}
			})
		})
	}
}

// TestConnectIsTheLast: what follows a CONNECT was meant for its tunnel and is not
// taken for a request.
func TestConnectIsTheLast(t *testing.T) {
	h := startHop(t, startBackend(t, new(seen)))
	responses, rest := h.exchange(t, "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\nGET / HTTP/1.1\r\nHost: web\r\n\r\n")
	if !strings.HasPrefix(responses, "HTTP/1.1 501 ") || strings.Join(lines(responses, "Connection"), "") != "close" || strings.Contains(rest, "HTTP/1.1") {
		t.Errorf("got %s\n\n%s", responses, rest)
	}
}

// editURL is middleware that changes the URL in place.
func editURL(change func(*url.URL)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			change(r.URL)
			next.ServeHTTP(w, r)
		})
	}
}

// TestHopBehindMiddleware: what middleware changes in the request's URL counts, for its
// name and for the endpoint. Otherwise no byte of the target changes.
func TestHopBehindMiddleware(t *testing.T) {
	strip := func(prefix string) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler { return http.StripPrefix(prefix, next) }
	}
	mux := func(next http.Handler) http.Handler {
		m := http.NewServeMux()
		m.Handle("/api/", http.StripPrefix("/api", next))
		m.Handle("/", next)
		return m
	}
	nothing := func(next http.Handler) http.Handler { return next }
	for _, test := range []struct {
		name         string
		middleware   func(http.Handler) http.Handler
		target, want string
	}{
		{"nothing", nothing, "/a%2Fb%7c|\xe9?x=%20y&;z", "/a%2Fb%7c|\xe9?x=%20y&;z"},
		{"nothing", nothing, "/a%20b?", "/a%20b?"},
		{"nothing", nothing, "//a//%2e./", "//a//%2e./"},
		{"StripPrefix", strip("/api"), "/api/web/x?q=%2f", "/web/x?q=%2f"},
		{"StripPrefix", strip("/api"), "/api/web/x?", "/web/x?"},
		{"StripPrefix", strip("/api"), "/api", "/"},
		{"StripPrefix", strip("/api/"), "/api/web", "/web"},
		{"StripPrefix keeps escapes", strip("/api"), "/api/a%2Fb%7c", "/a%2Fb%7c"},
		{"StripPrefix keeps the usual escapes", strip("/api"), "/api/a%20b", "/a%20b"},
		{"StripPrefix of an absolute URL", strip("/api"), "http://web/api/a%2Fb?q", "/a%2Fb?q"},
		{"StripPrefix of an absolute URL", strip("/api"), "http://web/api", "/"},
		{"mux", mux, "/api/x%2Fy?q", "/x%2Fy?q"},
		{"mux", mux, "/other/x%2Fy?q", "/other/x%2Fy?q"},
		{"mux of an absolute URL", mux, "http://web/api/x?q", "/x?q"},
		{"path", editURL(func(u *url.URL) { u.Path = "/new path" }), "/old?q=%2f", "/new%20path?q=%2f"},
		{"path with a stale RawPath", editURL(func(u *url.URL) { u.Path = "/new" }), "/a%2Fb", "/new"},
		{"RawPath", editURL(func(u *url.URL) { u.Path, u.RawPath = "/new/b", "/new%2fb" }), "/a", "/new%2fb"},
		{"RawPath taken away", editURL(func(u *url.URL) { u.RawPath = "" }), "/a%2Fb", "/a/b"},
		{"the same path in other escapes", editURL(func(u *url.URL) { u.RawPath = "/%61" }), "/a", "/%61"},
		{"a percent sign", editURL(func(u *url.URL) { u.Path, u.RawPath = "/%41", "" }), "/%41", "/%2541"},
		{"a fragment's sign", editURL(func(u *url.URL) { u.Path = "/a#b" }), "/a", "/a%23b"},
		{"query", editURL(func(u *url.URL) { u.RawQuery = "new=%2F" }), "/a%2Fb|?old", "/a%2Fb|?new=%2F"},
		{"no query", editURL(func(u *url.URL) { u.RawQuery = "" }), "/a%2Fb?old", "/a%2Fb"},
		{"no question mark", editURL(func(u *url.URL) { u.ForceQuery = false }), "/a?", "/a"},
		{"a question mark", editURL(func(u *url.URL) { u.ForceQuery = true }), "/a", "/a?"},
		{"a query where there was none", editURL(func(u *url.URL) { u.RawQuery = "x" }), "/a", "/a?x"},
		{"opaque", editURL(func(u *url.URL) { u.Opaque = "/a%2fb" }), "/x?q", "/a%2fb?q"},
		{"opaque with a host", editURL(func(u *url.URL) { u.Opaque = "//other/a%2fb" }), "/x?q", "/a%2fb?q"},
		{"a whole new URL", editURL(func(u *url.URL) { *u = url.URL{Scheme: "http", Host: "other", Path: "/b"} }), "/a?q", "/b"},
		{"scheme and host alone", editURL(func(u *url.URL) { u.Scheme, u.Host = "http", "other" }), "/a%2F?q", "/a%2F?q"},
		{"no path", editURL(func(u *url.URL) { u.Path = "" }), "/a", "/"},
		{"a relative path", editURL(func(u *url.URL) { u.Path = "b" }), "/a", "/b"},
	} {
		t.Run(test.name+" "+test.target, func(t *testing.T) {
			bothClients(t, func(t *testing.T, client option) {
				backend, got := recorder(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"+closeMark)
				h := startHop(t, backend, client, anyName())
				s := httptest.NewServer(test.middleware(h.server))
				defer s.Close()
				raw(t, s.Listener.Addr().String(), "GET "+test.target+" HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
				if line, _, _ := strings.Cut(got(), "\r\n"); line != "GET "+test.want+" HTTP/1.1" {
					t.Errorf("the endpoint got %q, want %q", line, test.want)
				}
			})
		})
	}
	t.Run("OPTIONS *", func(t *testing.T) {
		backend, got := recorder(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"+closeMark)
		h := startHop(t, backend, anyName())
		raw(t, h.addr, "OPTIONS * HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
		if line, _, _ := strings.Cut(got(), "\r\n"); line != "OPTIONS * HTTP/1.1" {
			t.Errorf("the endpoint got %q", line)
		}
	})
	t.Run("a query without a path", func(t *testing.T) { // in words: on the wire the client adds the slash, too
		h := startHop(t, "", withRouter(func(c *router.Config) { c.Identifier = router.HeaderToken("x-name") }))
		if _, body := h.exchange(t, "GET http://web?x HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n"); !strings.HasPrefix(body, `Unknown destination: Request("GET /?x", `) {
			t.Errorf("got %q", body)
		}
	})
	t.Run("the name", func(t *testing.T) {
		var backend seen
		h := startHop(t, startBackend(t, &backend), withRouter(func(c *router.Config) { c.Identifier = router.PathSegments(1, true) }))
		s := httptest.NewServer(http.StripPrefix("/api", h.server))
		defer s.Close()
		resp, err := http.Get(s.URL + "/api/web/x%2Fy?q")
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 200 || backend.uri != "/x%2Fy?q" {
			t.Errorf("status %d, the endpoint got %q", resp.StatusCode, backend.uri)
		}
	})
}

// atReplica is a transport that keeps the target that would be written.
type atReplica struct{ target string }

func (a *atReplica) RoundTrip(r *http.Request) (*http.Response, error) {
	a.target = r.URL.RequestURI()
	return &http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody}, nil
}

// TestLawTargets: every path that net/http accepts is sent on byte for byte, unless
// middleware has set another one in r.URL; then that one is.
func TestLawTargets(t *testing.T) {
	replica := &atReplica{}
	h := startHop(t, "192.0.2.1:80", anyName(), withRouter(func(c *router.Config) {
		c.NewTransport = func(resolve.Address, router.TransportConfig) http.RoundTripper { return replica }
	}))
	part := rapid.StringOf(rapid.SampledFrom([]rune("ab/.%|:*@;,=+&$!~'(){}[]\"<>\\^`é\u00ff0123456789ABCDEF-_")))
	parse := func(target string) (*http.Request, error) {
		return http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + target + " HTTP/1.1\r\nHost: web\r\n\r\n")))
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(what string) string {
			target := "/" + rapid.SampledFrom([]string{"", "%41", "%2f", "%2F", "%20", "%7C", "%zz"}).Draw(t, what+" escape") + part.Draw(t, what)
			if rapid.Bool().Draw(t, what+" has query") {
				target += "?" + part.Draw(t, what+" query")
			}
			return target
		}
		first, second := draw("first"), draw("second")
		if strings.HasPrefix(first, "//") || strings.HasPrefix(second, "//") {
			t.Skip("see httpx.SetRawTarget")
		}
		r, err := parse(first)
		if err != nil {
			t.Skip("no request")
		}
		h.server.ServeHTTP(httptest.NewRecorder(), r)
		if replica.target != first {
			t.Errorf("%q became %q", first, replica.target)
		}
		other, err := parse(second)
		if err != nil {
			t.Skip("no other")
		}
		*r.URL = *other.URL
		h.server.ServeHTTP(httptest.NewRecorder(), r)
		if want := other.URL.RequestURI(); replica.target != want && replica.target != second {
			t.Errorf("%q rewritten to %q became %q, want %q", first, second, replica.target, want)
		}
	})
}
