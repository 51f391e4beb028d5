package router_test

import (
	"bufio"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/limits"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// incoming is a request as a server reads it from the wire.
func incoming(t testing.TB, text string) *http.Request {
	t.Helper()
	text = strings.ReplaceAll(text, "\n", "\r\n") + "\r\n\r\n"
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	httpx.SetRawTarget(r.URL, r.RequestURI) // as a proxy does
	return r.WithContext(t.Context())
}

func TestIdentifiers(t *testing.T) {
	host := router.HeaderToken("Host")
	path1 := router.PathSegments(1, false)
	path2 := router.PathSegments(2, false)
	consume1 := router.PathSegments(1, true)
	consume2 := router.PathSegments(2, true)
	segments := func(n int) router.Identifier { return router.HeaderSegments(":path", n) }
	chain := router.FirstOf(router.MethodAndHost(false), path1)
	for _, test := range []struct {
		vector     string
		about      string
		identifier router.Identifier
		prefix     string // default /svc
		request    string
		name       string
		target     string // as the replica gets it; "": as it came
		reason     string // why it is not identified
		declined   bool   // with an UnidentifiedError
	}{
		{vector: "47", about: "the default is the Host", request: "GET / HTTP/1.1\nHost: host.com", name: "/svc/host.com"},
		{vector: "48", about: "method and host, in lower case", identifier: router.MethodAndHost(false), prefix: "/https",
			request: "GET / HTTP/1.1\nHost: DoMaiN", name: "/https/1.1/GET/domain"},
		{vector: "49", about: "and the path without its query", identifier: router.MethodAndHost(true), prefix: "/https",
			request: "GET /some/path?other=stuff HTTP/1.1\nHost: DoMaiN", name: "/https/1.1/GET/domain/some/path"},
		{vector: "50", about: "HTTP/1.0 has no host", identifier: router.MethodAndHost(false), prefix: "/prefix",
			request: "POST /drum/bass HTTP/1.0", name: "/prefix/1.0/POST"},
		{vector: "50", about: "HTTP/1.0 with the path", identifier: router.MethodAndHost(true), prefix: "/prefix",
			request: "POST /drum/bass HTTP/1.0", name: "/prefix/1.0/POST/drum/bass"},
		{about: "HTTP/1.0 ignores a host", identifier: router.MethodAndHost(false),
			request: "GET / HTTP/1.0\nHost: web", name: "/svc/1.0/GET"},
		{vector: "51", about: "HTTP/1.1 without Host", identifier: router.MethodAndHost(false),
			request: "GET / HTTP/1.1\nHost: ", reason: "HTTP/1.1 request missing hostname", declined: true},
		{about: "another version", identifier: router.MethodAndHost(false),
			request: "GET / HTTP/3.0", reason: "Unknown HTTP version HTTP/3.0", declined: true},
		{about: "a request by HTTP/2 has the name of one by HTTP/1.1", identifier: router.MethodAndHost(false),
			request: "GET / HTTP/2.0\nHost: Web", name: "/svc/1.1/GET/web"},
		{about: "the path / adds nothing", identifier: router.MethodAndHost(true),
			request: "GET / HTTP/1.1\nHost: web", name: "/svc/1.1/GET/web"},
		{about: "a trailing slash is no path", identifier: router.MethodAndHost(true),
			request: "GET /a/ HTTP/1.1\nHost: web", reason: "found at '/a/[]'"},
		{about: "nor is one with other characters", identifier: router.MethodAndHost(true),
			request: "GET /a~b HTTP/1.1\nHost: web", reason: "found at '/a[~]b'"},
		{about: "an escape is not decoded", identifier: router.MethodAndHost(true),
			request: "GET /a%2Fb HTTP/1.1\nHost: web", name: "/svc/1.1/GET/web/a%2Fb"},

		{vector: "52", about: "a header that is a path", identifier: router.HeaderPath("l5d-name"), prefix: "/http",
			request: "GET / HTTP/1.1\nHost: web\nl5d-name: /a/b/c", name: "/http/a/b/c"},
		{vector: "52", about: "a header token", identifier: router.HeaderToken("x-token"), prefix: "/http",
			request: "GET / HTTP/1.1\nHost: web\nX-Token: foo", name: "/http/foo"},
		{vector: "52", about: "an empty token", identifier: router.HeaderToken("x-token"),
			request: "GET / HTTP/1.1\nHost: web\nX-Token:", reason: "x-token header is absent", declined: true},
		{vector: "52", about: "no token", identifier: router.HeaderToken("x-token"),
			request: "GET / HTTP/1.1\nHost: web", reason: "x-token header is absent", declined: true},
		{vector: "52", about: "an empty path header", identifier: router.HeaderPath("l5d-name"),
			request: "GET / HTTP/1.1\nHost: web\nl5d-name:", reason: "l5d-name header is absent", declined: true},
		{vector: "52", about: "no path header", identifier: router.HeaderPath("l5d-name"),
			request: "GET / HTTP/1.1\nHost: web", reason: "l5d-name header is absent", declined: true},
		{about: "a path header that is none fails", identifier: router.HeaderPath("l5d-name"),
			request: "GET / HTTP/1.1\nHost: web\nl5d-name: a/b", reason: "'/' expected but 'a' found at '[a]/b'"},
		{about: "of several values the first", identifier: router.HeaderToken("x-token"),
			request: "GET / HTTP/1.1\nHost: web\nX-Token: a\nX-Token: b", name: "/svc/a"},
		{about: "a token is one label, whatever it holds", identifier: router.HeaderToken("x-token"),
			request: "GET / HTTP/1.1\nHost: web\nX-Token: /a b", name: `/svc/\x2f\x61\x20\x62`},
		{about: "a Host keeps case and port", identifier: router.HeaderToken("host"),
			request: "GET / HTTP/1.1\nHost: WEB:80", name: "/svc/WEB:80"},
		{about: "an IPv6 Host is one label", identifier: host,
			request: "GET / HTTP/1.1\nHost: [::1]", name: `/svc/\x5b\x3a\x3a\x31\x5d`},
		{about: "a Host can be a path", identifier: router.HeaderPath("Host"),
			request: "GET / HTTP/1.1\nHost: web", reason: "'/' expected but 'w' found at '[w]eb'"},

		{vector: "53", about: "two segments", identifier: path2, prefix: "/http",
			request: "GET /mysvc/subsvc/some/path?other=stuff HTTP/1.1\nHost: web", name: "/http/mysvc/subsvc"},
		{vector: "53", about: "two segments, consumed", identifier: consume2, prefix: "/http",
			request: "GET /mysvc/subsvc/some/path?other=stuff HTTP/1.1\nHost: web", name: "/http/mysvc/subsvc", target: "/some/path?other=stuff"},
		{vector: "54", about: "too few segments", identifier: path2,
			request: "GET /mysvc?other=stuff HTTP/1.1\nHost: web", reason: "not enough segments in path", declined: true},
		{vector: "55", about: "nothing left", identifier: consume2,
			request: "GET /mysvc/subsvc HTTP/1.1\nHost: web", name: "/svc/mysvc/subsvc", target: "/"},
		{vector: "55", about: "a trailing slash stays", identifier: consume2,
			request: "GET /mysvc/subsvc/path1/?foo=bar HTTP/1.1\nHost: web", name: "/svc/mysvc/subsvc", target: "/path1/?foo=bar"},
		{vector: "55", about: "a slash in the query", identifier: consume2,
			request: "GET /mysvc/subsvc/path1?foo=bar/ HTTP/1.1\nHost: web", name: "/svc/mysvc/subsvc", target: "/path1?foo=bar/"},
		{vector: "56", about: "only a query left", identifier: consume1,
			request: "GET /mysvc?other=stuff HTTP/1.1\nHost: web", name: "/svc/mysvc", target: "/?other=stuff"},
		{vector: "56", about: "a slash and a query left", identifier: consume1,
			request: "GET /mysvc/?other=stuff HTTP/1.1\nHost: web", name: "/svc/mysvc", target: "/?other=stuff"},
		{vector: "57", about: "what follows need not be a path", identifier: path2, prefix: "/http",
			request: "GET /mysvc/subsvc/! HTTP/1.1\nHost: web", name: "/http/mysvc/subsvc"},
		{about: "a question mark without a query stays", identifier: consume1,
			request: "GET /mysvc? HTTP/1.1\nHost: web", name: "/svc/mysvc", target: "/?"},
		{about: "escapes stay as they are", identifier: consume1,
			request: "GET /a%2fb/%7e|%41?%zz HTTP/1.1\nHost: web", name: "/svc/a%2fb", target: "/%7e|%41?%zz"},
		{about: "slashes left over stay", identifier: consume1,
			request: "GET /a//b HTTP/1.1\nHost: web", name: "/svc/a", target: "//b"},
		{about: "no segment", identifier: path1, request: "GET / HTTP/1.1\nHost: web", reason: "not enough segments in path", declined: true},
		{about: "trailing slashes are no segments", identifier: path2,
			request: "GET /a// HTTP/1.1\nHost: web", reason: "not enough segments in path", declined: true},
		{about: "an empty segment fails", identifier: path1,
			request: "GET //x HTTP/1.1\nHost: web", reason: "an empty segment in the request path cannot be part of a name"},
		{about: "and in the middle", identifier: path2,
			request: "GET /x//y HTTP/1.1\nHost: web", reason: "an empty segment in the request path cannot be part of a name"},
		{about: "the target *", identifier: path1, request: "OPTIONS * HTTP/1.1\nHost: web", reason: "not enough segments in path", declined: true},
		{about: "fewer than one segment is one", identifier: router.PathSegments(-3, false),
			request: "GET /a/b HTTP/1.1\nHost: web", name: "/svc/a"},

		{vector: "431", about: "HTTP/2: the default is the authority", prefix: "/pfx",
			request: "GET / HTTP/2.0\nHost: wacky", name: "/pfx/wacky"},
		{vector: "431", about: "HTTP/2: by its own name", identifier: router.HeaderToken(":authority"), prefix: "/pfx",
			request: "GET / HTTP/2.0\nHost: wacky", name: "/pfx/wacky"},
		{vector: "431", about: "HTTP/2: no header", identifier: router.HeaderToken("lolz"),
			request: "GET / HTTP/2.0\nHost: wacky", reason: "missing header: 'lolz'", declined: true},
		{vector: "431", about: "HTTP/2: no authority",
			request: "GET / HTTP/2.0\nHost: ", reason: "missing header: ':authority'", declined: true},
		{about: "the method by its name in HTTP/2", identifier: router.HeaderToken(":method"),
			request: "PUT / HTTP/2.0\nHost: web", name: "/svc/PUT"},
		{about: "the scheme by its name in HTTP/2", identifier: router.HeaderToken(":scheme"),
			request: "GET / HTTP/2.0\nHost: web", name: "/svc/http"},
		{vector: "432", about: "all of the path", identifier: segments(0), prefix: "/pfx",
			request: "GET /one/two HTTP/2.0\nHost: web", name: "/pfx/one/two"},
		{vector: "432", about: "one segment of the path", identifier: segments(1), prefix: "/pfx",
			request: "GET /one/two HTTP/2.0\nHost: web", name: "/pfx/one"},
		{vector: "432", about: "the path without its query and slash", identifier: segments(0), prefix: "/pfx",
			request: "GET /one/two/?three=four HTTP/2.0\nHost: web", name: "/pfx/one/two"},
		{vector: "433", about: "too few segments", identifier: segments(3),
			request: "GET /one/two HTTP/2.0\nHost: web", reason: "Path must have at least 3 segment(s)", declined: true},
		{vector: "433", about: "the segments of a header", identifier: router.HeaderSegments("lolz", 0), prefix: "/pfx",
			request: "GET / HTTP/2.0\nHost: web\nlolz: /rofl/hah", name: "/pfx/rofl/hah"},
		{vector: "433", about: "that is not there", identifier: router.HeaderSegments("lolz", 0),
			request: "GET / HTTP/2.0\nHost: web", reason: "Missing destination path", declined: true},
		{about: "that is no path", identifier: router.HeaderSegments("lolz", 1),
			request: "GET / HTTP/2.0\nHost: web\nlolz: rofl", reason: "lolz must begin with a slash"},
		{vector: "434", about: "a method that is no label", identifier: segments(2),
			request: "POST /pkg.Svc/Get~x HTTP/2.0\nHost: web", name: `/svc/pkg.Svc/\x47\x65\x74\x7e\x78`},
		{about: "what is not taken need not be a path", identifier: segments(1),
			request: "POST /pkg.Svc//~ HTTP/2.0\nHost: web", name: "/svc/pkg.Svc"},
		{about: "escapes are not decoded", identifier: segments(2),
			request: "POST /a%2fb/%41 HTTP/2.0\nHost: web", name: "/svc/a%2fb/%41"},
		{about: "an empty segment of those that are taken", identifier: segments(2),
			request: "POST //a HTTP/2.0\nHost: web", reason: "an empty segment"},
		{about: "no segment at all", identifier: segments(0),
			request: "POST / HTTP/2.0\nHost: web", reason: "Missing destination path", declined: true},
		{about: "no segment where one is wanted", identifier: segments(1),
			request: "POST / HTTP/2.0\nHost: web", reason: "Path must have at least 1 segment(s)", declined: true},

		{vector: "58", about: "a list: the first", identifier: chain, request: "GET /one/two/three HTTP/1.1\nHost: host.com", name: "/svc/1.1/GET/host.com"},
		{vector: "58", about: "a list: the second", identifier: chain, request: "GET /one/two/three HTTP/1.1\nHost: ", name: "/svc/one"},
		{vector: "59", about: "an empty Host", request: "GET / HTTP/1.1\nHost: ", reason: "Host header is absent", declined: true},
		{about: "static", identifier: router.Static(resolve.MustPath("/a/b")), request: "GET / HTTP/1.0", name: "/svc/a/b"},
		{about: "static without a path", identifier: router.Static(resolve.Path{}), request: "GET / HTTP/1.0", name: "/svc"},
	} {
		title := test.about
		if test.vector != "" {
			title = "vector " + test.vector + ": " + title
		}
		t.Run(title, func(t *testing.T) {
			var name, target string
			f := start(t, over(func(r *http.Request) (*http.Response, error) {
				name, target = r.Header.Get("L5d-Dst-Service"), r.URL.RequestURI()
				return answer(200, ""), nil
			}), func(c *router.Config) {
				c.Interpreter, c.Identifier = anything(), test.identifier
				if test.prefix != "" {
					c.Prefix = resolve.MustPath(test.prefix)
				}
			})
			in := incoming(t, test.request)
			came := in.RequestURI
			if test.reason == "" {
				f.mustAsk(t, in)
				if test.target == "" {
					test.target = came
				}
				if name != test.name || target != test.target {
					t.Errorf("named %s, sent as %s; want %s, %s", name, target, test.name, test.target)
				}
				return
			}
			failed := f.failure(t, in)
			var declined *router.UnidentifiedError
			if failed.Kind != router.Unidentified || !strings.Contains(failed.Err.Error(), test.reason) ||
				errors.As(failed, &declined) != test.declined {
				t.Errorf("kind %s, %v; want %s, declined %t", failed.Kind, failed.Err, test.reason, test.declined)
			}
		})
	}
}

type identifierFunc func(*http.Request) (resolve.Path, error)

func (f identifierFunc) Identify(r *http.Request) (resolve.Path, error) { return f(r) }

func TestFirstOf(t *testing.T) {
	var asked []string
	make := func(name string, path string, err error) router.Identifier {
		return identifierFunc(func(*http.Request) (resolve.Path, error) {
			asked = append(asked, name)
			if err != nil {
				return resolve.Path{}, err
			}
			return resolve.MustPath(path), nil
		})
	}
	declines := make("declines", "", &router.UnidentifiedError{Reason: "not mine"})
	other := make("other", "", &router.UnidentifiedError{Reason: "nor mine"})
	wrapped := make("wrapped", "", errors.Join(errTest, &router.UnidentifiedError{Reason: "nor mine, wrapped"}))
	fails := make("fails", "", errTest)
	names := make("names", "/web", nil)
	for _, test := range []struct {
		about       string
		identifiers []router.Identifier
		want        string
		err         string
		asked       string
	}{
		{"the first that names it", []router.Identifier{declines, names, fails}, "/web", "", "declines names"},
		{"one alone", []router.Identifier{names}, "/web", "", "names"},
		{"one alone that declines", []router.Identifier{declines}, "", "not mine", "declines"},
		{"the last reason counts", []router.Identifier{declines, other}, "", "nor mine", "declines other"},
		{"an error ends the search", []router.Identifier{declines, fails, names}, "", "out of order", "declines fails"},
		{"a wrapped decline is one", []router.Identifier{wrapped, names}, "/web", "", "wrapped names"},
		{"lists in lists", []router.Identifier{router.FirstOf(declines, other), names}, "/web", "", "declines other names"},
		{"no identifier", nil, "", "no identifier is configured", ""},
	} {
		t.Run(test.about, func(t *testing.T) {
			asked = nil
			got, err := router.FirstOf(test.identifiers...).Identify(incoming(t, "GET / HTTP/1.1\nHost: web"))
			text := ""
			if err != nil {
				text = err.Error()
			} else if got.String() != test.want {
				t.Errorf("named %s, want %s", got, test.want)
			}
			if text != test.err || strings.Join(asked, " ") != test.asked {
				t.Errorf("error %q after asking %q; want %q, %q", text, asked, test.err, test.asked)
			}
		})
	}
}

// TestDeclinedPathIsNotConsumed: an identifier that declines leaves the
// request as it is for the next one.
func TestDeclinedPathIsNotConsumed(t *testing.T) {
	in := incoming(t, "GET /a?x HTTP/1.1\nHost: web")
	name, err := router.FirstOf(router.PathSegments(2, true), router.PathSegments(1, false)).Identify(in)
	if err != nil || name.String() != "/a" || in.URL.RequestURI() != "/a?x" {
		t.Errorf("%s, %v, target %s", name, err, in.URL.RequestURI())
	}
}

// TestProgramsRequests: a request that a program makes may leave out what a
// server always reads.
func TestProgramsRequests(t *testing.T) {
	for _, test := range []struct {
		about      string
		identifier router.Identifier
		request    *http.Request
		want       string
	}{
		{"no method means GET", router.MethodAndHost(false),
			&http.Request{URL: &url.URL{Host: "web"}}, "/svc/1.1/GET/web"},
		{"a Host that only the URL has", router.HeaderToken("Host"),
			&http.Request{URL: &url.URL{Scheme: "http", Host: "web:80"}}, "/svc/web:80"},
		{"a Host of its own goes before the URL's", router.HeaderToken("Host"),
			&http.Request{URL: &url.URL{Host: "web"}, Host: "other"}, "/svc/other"},
		{"no URL", router.HeaderToken("Host"), &http.Request{Host: "web"}, "/svc/web"},
		{"no URL for a path", router.FirstOf(router.PathSegments(1, true), router.HeaderToken("Host")),
			&http.Request{Host: "web"}, "/svc/web"},
		{"nothing at all", router.Static(resolve.MustPath("/web")), &http.Request{}, "/svc/web"},
	} {
		t.Run(test.about, func(t *testing.T) {
			var name string
			f := start(t, over(func(r *http.Request) (*http.Response, error) {
				name = r.Header.Get("L5d-Dst-Service")
				return answer(200, ""), nil
			}), func(c *router.Config) { c.Interpreter, c.Identifier = anything(), test.identifier })
			f.mustAsk(t, test.request)
			if name != test.want {
				t.Errorf("named %s, want %s", name, test.want)
			}
		})
	}
}

// TestNamesAreBounded: a stranger's header makes no names of any length.
func TestNamesAreBounded(t *testing.T) {
	f := start(t)
	r := request(t, "web")
	r.Host = strings.Repeat("~", limits.TextBytes/4)
	if failed := f.failure(t, r); failed.Kind != router.Unidentified {
		t.Errorf("%v", failed.Kind)
	}
	if size := f.Stats().Paths.Size; size != 0 {
		t.Errorf("%d names are kept", size)
	}
}
