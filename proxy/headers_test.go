package proxy_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// seen is a backend that keeps the last request's headers.
type seen struct {
	http.Header
	host, uri string
}

func (s *seen) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.Header, s.host, s.uri = r.Header.Clone(), r.Host, r.RequestURI
}

// linkerds lists the l5d-* headers that the backend got, in lower case.
func (s *seen) linkerds() []string {
	var names []string
	for name := range s.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "l5d-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Add(name, value) }
}

func TestContextHeaders(t *testing.T) {
	for _, test := range []struct {
		name, vector string
		send         [][2]string
		clear        bool
		want         map[string]string // canonical name: value
		absent       []string
	}{
		{
			name: "an override is sent on as context", vector: "26",
			send: [][2]string{{"l5d-dtab", "/a=>/b"}},
			want: map[string]string{wire.CtxDtabName: "/a=>/b"}, absent: []string{ctxhdr.DtabName, "Dtab-Local"},
		},
		{
			name: "context is sent on as context", vector: "26",
			send: [][2]string{{"l5d-ctx-dtab", "/a => /b ;"}},
			want: map[string]string{wire.CtxDtabName: "/a=>/b"}, absent: []string{ctxhdr.DtabName, "Dtab-Local"},
		},
		{
			name: "context and override are joined, in this order", vector: "24",
			send: [][2]string{{"l5d-dtab", "/a => /d"}, {"l5d-ctx-dtab", "/a => /c"}},
			want: map[string]string{wire.CtxDtabName: "/a=>/c;/a=>/d"}, absent: []string{ctxhdr.DtabName},
		},
		{
			name: "Finagle's own dtab header means nothing", vector: "27",
			send: [][2]string{{"dtab-local", "/a=>/b"}},
			want: map[string]string{"Dtab-Local": "/a=>/b"}, absent: []string{wire.CtxDtabName},
		},
		{
			name: "clearContext leaves Finagle's alone", vector: "27", clear: true,
			send: [][2]string{{"dtab-local", "/a=>/b"}, {"l5d-dtab", "not a dtab"}},
			want: map[string]string{"Dtab-Local": "/a=>/b"}, absent: []string{wire.CtxDtabName, ctxhdr.DtabName},
		},
		{
			name: "names of service and client", vector: "28",
			want: map[string]string{wire.DstServiceName: "/svc/web", wire.DstClientName: "/#/fake/web"}, absent: []string{wire.DstResidualName},
		},
		{
			name: "a stranger's residual is not believed",
			send: [][2]string{{"l5d-dst-residual", "/lie"}}, absent: []string{wire.DstResidualName},
		},
		{
			name: "nor its client certificate",
			send: [][2]string{{"x-forwarded-client-cert", "Hash=1"}, {"x-forwarded-client-cert", "Hash=2"}}, absent: []string{"X-Forwarded-Client-Cert"},
		},
		{
			name: "a retry's mark is for this hop alone",
			send: [][2]string{{"finagle-http-retryable-request", ""}}, absent: []string{"Finagle-Http-Retryable-Request"},
		},
		{name: "without one there is none", vector: "22", absent: []string{wire.DeadlineName}},
		{
			name: "the sample header stops here", send: [][2]string{{"l5d-sample", "1.0"}}, absent: []string{ctxhdr.SampleName},
		},
	} {
		t.Run(titled(test.vector, test.name), func(t *testing.T) {
			var backend seen
			h := startHop(t, startBackend(t, &backend), withProxy(func(c *proxy.Config) { c.ClearContext = test.clear }))
			resp, body := h.get(t, func(r *http.Request) {
				for _, s := range test.send {
					r.Header.Add(s[0], s[1])
				}
			})
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("status %d: %s", resp.StatusCode, body)
			}
			for name, want := range test.want {
				if got := backend.Values(name); !slices.Equal(got, []string{want}) {
					t.Errorf("backend got %s: %q, want %q", name, got, want)
				}
			}
			for _, name := range test.absent {
				if got := backend.Values(name); got != nil {
					t.Errorf("backend got %s: %q, want none", name, got)
				}
			}
		})
	}
}

func titled(vector, name string) string {
	if vector == "" {
		return name
	}
	return "vector " + vector + ": " + name
}

func TestWhichContextArrives(t *testing.T) {
	for _, test := range []struct {
		vector string
		clear  bool
		want   []string
	}{
		{"29", false, []string{"l5d-ctx-dtab", "l5d-ctx-thing", "l5d-ctx-trace", "l5d-dst-client", "l5d-dst-service", "l5d-reqid"}},
		{"30", true, []string{"l5d-ctx-trace", "l5d-dst-client", "l5d-dst-service", "l5d-reqid"}},
	} {
		t.Run("vector "+test.vector, func(t *testing.T) {
			var backend seen
			h := startHop(t, startBackend(t, &backend), withProxy(func(c *proxy.Config) { c.ClearContext = test.clear }))
			h.get(t, header("l5d-dtab", "/a=>/b"), header("l5d-ctx-thing", "yoooooo"))
			if diff := cmp.Diff(test.want, backend.linkerds()); diff != "" {
				t.Errorf("l5d-* headers at the backend (-want +got):\n%s", diff)
			}
		})
	}
}

func TestResidual(t *testing.T) {
	for _, test := range []struct{ vector, dtab, client, residual string }{
		{"28", "/svc/web => /#/fake/web/residual", "/#/fake/web", "/residual"},
	} {
		t.Run("vector "+test.vector, func(t *testing.T) {
			var backend seen
			h := startHop(t, startBackend(t, &backend), withDtab(test.dtab))
			h.get(t)
			if got := backend.Get(wire.DstResidualName); got != test.residual {
				t.Errorf("l5d-dst-residual is %q, want %q", got, test.residual)
			}
			if got := backend.Get(wire.DstClientName); got != test.client {
				t.Errorf("l5d-dst-client is %q, want %q", got, test.client)
			}
		})
	}
}

func TestVia(t *testing.T) {
	for _, test := range []struct{ vector, proto, sent, want string }{
		{"33", "HTTP/1.1", "", "1.1 linkerd (R.N)"},
		{"33", "HTTP/1.1", "1.0 bob, 1.1 mary", "1.0 bob, 1.1 mary, 1.1 linkerd (R.N)"},
		{"33", "HTTP/1.0", "", "1.0 linkerd (R.N)"},
		{"", "HTTP/1.1", "1.0 bob\r\nVia: 1.1 mary", "1.0 bob|1.1 mary, 1.1 linkerd (R.N)"}, // every line is kept
	} {
		t.Run(titled(test.vector, test.proto+" "+test.sent), func(t *testing.T) {
			var backend seen
			h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				backend.ServeHTTP(w, r)
				w.Header()["Via"] = r.Header["Via"]
				if test.sent == "" {
					w.Header().Del("Via")
				} else if v := w.Header()["Via"]; len(v) > 0 {
					v[len(v)-1] = strings.TrimSuffix(unmarked(v[len(v)-1]), ", 1.1 linkerd (R.N)")
				}
			})))
			request := "GET / " + test.proto + "\r\nHost: web\r\nConnection: close\r\n"
			if test.sent != "" {
				request += "Via: " + test.sent + "\r\n"
			}
			head, _ := h.exchange(t, request+"\r\n")
			if got := unmarked(strings.Join(backend.Values("Via"), "|")); got != test.want {
				t.Errorf("request Via is %q, want %q", got, test.want)
			}
			if test.proto == "HTTP/1.1" {
				// Only a request has a mark: a response goes back the way it came.
				want := strings.Replace(test.want, " (R.N)", "", 1)
				if got := strings.Join(lines(head, "Via"), "|"); got != want {
					t.Errorf("response Via is %q, want %q", got, want)
				}
			}
		})
	}
}

// TestViaIsTheTransports: a transport that keeps a response, as a cache does, finds the
// values of its header unchanged.
func TestViaIsTheTransports(t *testing.T) {
	via := []string{"1.1 bob", "1.1 mary"}
	h := cannedHop(t, transportFunc(func(*http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{"Via": via, "Content-Length": {"0"}}, Body: http.NoBody,
		}, nil
	}), -1)
	for range 2 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, incoming())
		if got := strings.Join(w.Header()["Via"], "|"); got != "1.1 bob|1.1 mary, 1.1 linkerd" {
			t.Errorf("Via is %q", got)
		}
	}
}

// transportFunc is a transport that is a function.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// lines returns the values of a header in a response's head.
func lines(head, name string) []string {
	var values []string
	for line := range strings.SplitSeq(head, "\r\n") {
		if n, value, found := strings.Cut(line, ": "); found && strings.EqualFold(n, name) {
			values = append(values, value)
		}
	}
	return values
}

func TestCallDepth(t *testing.T) {
	const ten = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10"
	for _, test := range []struct {
		vector string
		via    string
		max    int
		status int
		body   string
	}{
		{"34", ten, 10, 200, ""},
		{"34", ten, 9, 400, "Maximum number of calls (9) has been exceeded. Please check for proxy loops."},
		{"35", "hop1, hop2, hop3", 2, 400, "Maximum number of calls (2) has been exceeded. Please check for proxy loops."},
	} {
		t.Run("vector "+test.vector, func(t *testing.T) {
			h := startHop(t, startBackend(t, new(seen)), withProxy(func(c *proxy.Config) { c.MaxCallDepth = test.max }))
			resp, body := h.get(t, header("Via", test.via))
			if resp.StatusCode != test.status || body != test.body {
				t.Errorf("got %d %q, want %d %q", resp.StatusCode, body, test.status, test.body)
			}
			wantErr := test.status == 400
			if got := resp.Header.Get(ctxhdr.ErrName) != ""; got != wantErr {
				t.Errorf("l5d-err present: %v, want %v", got, wantErr)
			}
		})
	}
}

func TestHopByHop(t *testing.T) {
	seven := "Proxy-Authenticate: a\r\nProxy-Authorization: b\r\nTE: trailers\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\nUpgrade: c\r\nConnection: close\r\n"
	for _, test := range []struct {
		vector, send string
		gone         []string
		kept         []string
	}{
		{"36", seven, []string{"Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Upgrade", "Connection"}, nil},
		{"37", "Connection: Keep-Alive, Foo, Bar\r\nKeep-Alive: 5\r\nFoo: 1\r\nBar: 2\r\nBaz: 3\r\n", []string{"Keep-Alive", "Foo", "Bar", "Connection"}, []string{"Baz: 3"}},
		// RFC 9110 section 7.6.1, whether or not Connection names them. Linkerd
		// 1.7.4 keeps both.
		{"", "Keep-Alive: 5\r\nProxy-Connection: close\r\nkeep-alive: 6\r\nHTTP2-Settings: AAMA\r\n", []string{"Keep-Alive", "Proxy-Connection", "HTTP2-Settings"}, nil},
		{"", "Connection: l5d-ctx-trace, l5d-dst-service, via\r\n", []string{"Connection"}, []string{"l5d-dst-service: /svc/web", "Via: 1.1 linkerd (R.N)"}},
	} {
		t.Run("vector "+test.vector, func(t *testing.T) {
			var request string
			h := startHop(t, rawBackend(t, func(head string) string {
				if request == "" { // a chunked body looks like one more head to the backend
					request = head
				}
				response := test.send
				body := "Content-Length: 0\r\n\r\n"
				if strings.Contains(response, "chunked") {
					body = "\r\n0\r\n\r\n"
				}
				return "HTTP/1.1 200 OK\r\n" + response + body
			}))
			send := test.send
			body := "\r\n"
			if strings.Contains(send, "chunked") {
				body = "\r\n0\r\n\r\n"
			} else {
				send += "Connection: close\r\n"
			}
			response, _ := h.exchange(t, "GET / HTTP/1.1\r\nHost: web\r\n"+send+body)
			for _, where := range []struct{ name, head string }{{"request", request}, {"response", response}} {
				for _, name := range test.gone {
					got := lines(where.head, name)
					if where.name == "response" && name == "Connection" && slices.Equal(got, []string{"close"}) {
						continue // this hop's own word to this client
					}
					if name == "Trailer" && slices.Equal(got, []string{"X"}) {
						continue // announced anew: trailers are passed on
					}
					if len(got) > 0 {
						t.Errorf("%s has %s: %q", where.name, name, got)
					}
				}
			}
			for _, want := range test.kept {
				name, value, _ := strings.Cut(want, ": ")
				if got := lines(unmarked(request), name); !slices.Contains(got, value) {
					t.Errorf("request lacks %q:\n%s", want, request)
				}
			}
		})
	}
}

// TestReqIDOfStrangers: with a propagator that writes no l5d-reqid, the client's is
// passed on, unless Connection names it.
func TestReqIDOfStrangers(t *testing.T) {
	tracing := trace.NewHop(trace.HopConfig{Propagator: trace.B3()})
	var backend seen
	h := startHop(t, startBackend(t, &backend), withRouter(func(c *router.Config) { c.Hop = tracing }))
	for connection, want := range map[string][]string{"close": {"1"}, "close, l5d-reqid": nil} {
		h.exchange(t, "GET / HTTP/1.1\r\nHost: web\r\nl5d-reqid: 1\r\nConnection: "+connection+"\r\n\r\n")
		if got := backend.Values(wire.ReqIDName); !slices.Equal(got, want) {
			t.Errorf("after Connection: %s the backend got %q, want %q", connection, got, want)
		}
	}
}

// readsAll is a transport that echoes what it could read of the request.
type readsAll struct{}

func (readsAll) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	r.Body.Close()
	return &http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"X-Theirs": {"1"}}, Body: http.NoBody}, nil
}

// TestAnswerToALimitedBody: a header that middleware sets while the request is being
// sent, as http.MaxBytesReader does from below a Read, does not remove the response's
// own headers.
func TestAnswerToALimitedBody(t *testing.T) {
	h := startHop(t, "192.0.2.1:80", withRouter(func(c *router.Config) {
		c.NewTransport = func(resolve.Address, router.TransportConfig) http.RoundTripper { return readsAll{} }
	}))
	r := httptest.NewRequest("POST", "http://web/", strings.NewReader("too long"))
	w := httptest.NewRecorder()
	r.Body = settingOnRead{r.Body, w.Header()}
	h.server.ServeHTTP(w, r)
	for _, name := range []string{"X-Theirs", "Via", "X-Limit"} {
		if w.Header()[name] == nil {
			t.Errorf("no %s in the response: %v", name, w.Header())
		}
	}
}

// settingOnRead sets a header when it is read.
type settingOnRead struct {
	io.ReadCloser
	h http.Header
}

func (s settingOnRead) Read(p []byte) (int, error) {
	s.h.Set("X-Limit", "1")
	return s.ReadCloser.Read(p)
}

// TestNamesOnTheWire checks the bytes: Linkerd writes its names in lower case. Those that a
// client has sent stay as they were where the server knows how that was.
func TestNamesOnTheWire(t *testing.T) {
	var request string
	h := startHop(t, rawBackend(t, func(head string) string {
		request = head
		return "HTTP/1.1 200 OK\r\nl5d-thing: 1\r\nContent-Length: 0\r\n\r\n"
	}))
	response, _ := h.exchange(t, "GET /a%2Fb%7c?x=%20y&;z HTTP/1.1\r\nHost: web\r\nL5D-CTX-THING: 1\r\nX-B3-Foo: 1\r\nTraceparent: 2\r\nConnection: close\r\n\r\n")
	sent := []string{"L5D-CTX-THING: 1", "X-B3-Foo: 1", "Traceparent: 2"}
	if servetest.Engine(t) == serve.NetHTTP {
		sent = []string{"l5d-ctx-thing: 1", "x-b3-foo: 1", "traceparent: 2"}
	}
	for _, want := range append(sent, "l5d-ctx-trace: ", "l5d-dst-service: /svc/web", "l5d-dst-client: /#/fake/web", "l5d-reqid: ", "Host: web") {
		if !strings.Contains(request, "\r\n"+want) {
			t.Errorf("request lacks %q:\n%s", want, request)
		}
	}
	if got, _, _ := strings.Cut(request, "\r\n"); got != "GET /a%2Fb%7c?x=%20y&;z HTTP/1.1" {
		t.Errorf("request line is %q", got)
	}
	for _, unwanted := range []string{"User-Agent", "Accept-Encoding"} {
		if lines(request, unwanted) != nil {
			t.Errorf("request has a %s that the client did not send:\n%s", unwanted, request)
		}
	}
	for _, want := range []string{"l5d-success-class: 1.0", "l5d-thing: 1"} {
		if !strings.Contains(response, "\r\n"+want) {
			t.Errorf("response lacks %q:\n%s", want, response)
		}
	}
	if lines(response, "Content-Type") != nil {
		t.Errorf("response has a Content-Type that the endpoint did not send:\n%s", response)
	}
}

func TestAbsoluteForm(t *testing.T) {
	for _, test := range []struct{ vector, target, host, uri string }{
		{"44", "http://acme.co:8080/foo", "acme.co:8080", "/foo"},
		{"45", "http://acme.co:8080/foo?text=hello%20world", "acme.co:8080", "/foo?text=hello%20world"},
		{"45", "http://acme.co:8080/foo?x=R%26D", "acme.co:8080", "/foo?x=R%26D"},
		{"", "http://acme.co", "acme.co", "/"},
		{"", "http://acme.co?a=b", "acme.co", "/?a=b"},
		{"", "http://acme.co//x//y?u=http://z/", "acme.co", "//x//y?u=http://z/"},
		{"", "/?u=http://z/a", "example.com:9000", "/?u=http://z/a"},
	} {
		t.Run(titled(test.vector, test.target), func(t *testing.T) {
			var backend seen
			names := new(resolvetest.Namer)
			names.Bind("/"+test.host, startBackend(t, &backend))
			interpreter, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: names}}})
			if err != nil {
				t.Fatal(err)
			}
			h := startHop(t, "", withRouter(func(c *router.Config) { c.Interpreter = interpreter }))
			h.exchange(t, "GET "+test.target+" HTTP/1.1\r\nHost: example.com:9000\r\nProxy-Foo: 1\r\nPragma: 2\r\nConnection: close\r\n\r\n")
			if backend.host != test.host || backend.uri != test.uri {
				t.Errorf("backend got Host %q and target %q, want %q and %q", backend.host, backend.uri, test.host, test.uri)
			}
			for _, name := range []string{"Proxy-Foo", "Pragma"} {
				if backend.Get(name) == "" {
					t.Errorf("backend lacks %s", name)
				}
			}
		})
	}
}

func TestHeadersMatchTheirCanonicalNames(t *testing.T) {
	for _, name := range []string{ctxhdr.TraceName, wire.DstClientName, ctxhdr.ErrName} {
		if textproto.CanonicalMIMEHeaderKey(name) != name {
			t.Errorf("%s is not canonical", name)
		}
	}
}
