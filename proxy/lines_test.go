package proxy_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// recased is a stage that changes messages in both directions.
type recased struct{ change func(http.Header) }

func (s recased) Handle(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	r = r.Clone(r.Context())
	s.change(r.Header)
	resp, err := next.RoundTrip(r)
	if err == nil {
		s.change(resp.Header)
	}
	return resp, err
}

func withStages(changes ...func(http.Header)) option {
	return withRouter(func(c *router.Config) {
		stages := make([]router.Stage, len(changes))
		for i, change := range changes {
			stages[i] = recased{change}
		}
		c.Stages.Service = func(resolve.Path) []router.Stage { return stages[:len(stages)/2] }
		c.Stages.Client = func(resolve.Path) []router.Stage { return stages[len(stages)/2:] }
	})
}

// lineRow is the lines of a message as they come, and as they go on: the same ones, if no
// others are given.
type lineRow struct {
	name  string
	came  string
	want  string
	asked bool   // it is about requests alone
	sorts string // as net/http's server sends them in a response; empty: the lines above, sorted
	opts  []option
}

var lineRows = []lineRow{
	{name: "as they come", came: "x_under: 1\nDNT: 1\nETag: \"a\"\nsoapaction: x\nWWW-Authenticate: Basic\nX-Plain: 2\nsec-ch-ua: y\nX.Dot: 3\nUser-Agent: u"},
	{name: "canonical ones keep their order", came: "User-Agent: u\nZ: 1\nA: 2\nM: 3"},
	{
		name: "two spellings of one name", came: "User-Agent: u\nfoo: 1\nBAR: x\nFoo: 2\nFOO: 3",
		sorts: "BAR: x\nFoo: 1\nFoo: 2\nFoo: 3\nUser-Agent: u",
	},
	{name: "one spelling of some lines", came: "user-agent: u\nset-cookie: 2\nDNT: x\nset-cookie: 1"},
	{
		name: "hop by hop", came: "user-agent: u\nconnection: x-gone, X-Gone-2, KEEP-ALIVE\nx-gone: 1\nX-GONE-2: 2\nkeep-alive: 3\nKEEP-ALIVE: 3\nte: trailers\nproxy-authorization: 4\nPROXY-AUTHENTICATE: 5\nDNT: 6",
		want: "user-agent: u\nDNT: 6",
	},
	{
		name: "ours are written anew", asked: true, came: "USER-AGENT: u\nL5D-Sample: 0\nvia: 1.0 a\nL5D-DST-SERVICE: x\nx-forwarded-client-CERT: x\nDNT: 6",
		want: "USER-AGENT: u\nDNT: 6\nVia: 1.0 a, 1.1 linkerd (R.N)",
	},
	{name: "trace contexts of other formats", asked: true, came: "user-agent: u\nX-B3-TraceId: 1\nx-b3-sampled: 1\nTraceParent: 2\nB3: 0"},
	{name: "empty", came: "user-agent: u\nx_empty:\nDNT: "},
	{
		name: "changed by stages", came: "user-agent: u\nx-removed: 1\nETag: 1\nx-changed: 1\nX_Kept: 1\ntwo: 1\ntwo: 2\nx-same: 1\nx-removed: 2",
		want: "user-agent: u\nETag: 1\nX_Kept: 1\ntwo: 1\ntwo: 2\nx-same: 1\nTwo: 3\nX-Added: 1\nX-Changed: 2",
		opts: []option{withStages(
			func(h http.Header) { h.Del("X-Removed"); h.Set("X-Added", "1") },
			func(h http.Header) {
				h.Set("X-Changed", "2")
				h["Two"] = append(slices.Clip(h["Two"]), "3")
				h["X-Added"] = []string{"1"}
			},
		)},
		sorts: "ETag: 1\nTwo: 1\nTwo: 2\nTwo: 3\nX-Added: 1\nX-Changed: 2\nX_Kept: 1\nuser-agent: u\nx-same: 1",
	},
	{
		name: "changed and changed back", asked: true, came: "user-agent: u\nDNT: 1",
		opts: []option{withStages(func(h http.Header) { h.Set("Dnt", "2") }, func(h http.Header) { h["Dnt"] = []string{"1"} })},
	},
	{name: "many", came: "user-agent: u\n" + manyLines(200)},
}

func manyLines(n int) string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprintf("x-Line_%d: %d", n-i, i)
	}
	return strings.Join(lines, "\n")
}

// onEngines runs a test with the hop on each engine.
func onEngines(t *testing.T, test func(t *testing.T, own bool, serve func(*testing.T, http.Handler) *servetest.Server)) {
	for _, e := range []struct {
		name   string
		engine serve.Engine
	}{{"h1", serve.H1}, {"net/http", serve.NetHTTP}} {
		t.Run(e.name, func(t *testing.T) {
			test(t, e.engine == serve.H1, func(t *testing.T, h http.Handler) *servetest.Server {
				return servetest.StartWith(t, h, serve.Config{Engine: e.engine, SoleListeners: true})
			})
		})
	}
}

// notOurs returns the field lines of a head that are not written by hops and servers.
func notOurs(head string) []string {
	var left []string
	for line := range strings.SplitSeq(head, "\r\n") {
		name, _, ok := strings.Cut(line, ":")
		switch name {
		case "Host", "Date", "Connection", "Content-Length", "Transfer-Encoding":
			ok = false
		case "Via":
			ok = !strings.HasPrefix(line, "Via: 1.1 linkerd")
		}
		if ok && !strings.HasPrefix(name, "l5d-") {
			left = append(left, unmarked(line))
		}
	}
	return left
}

func linesOf(text string) []string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if name, ok := strings.CutSuffix(line, ":"); ok {
			lines[i] = name + ": "
		}
	}
	return lines
}

// canonicalLines returns the lines with names as Go writes them, and in the order of names.
func canonicalLines(lines []string) []string {
	lines = slices.Clone(lines)
	for i, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		if name = http.CanonicalHeaderKey(name); strings.HasPrefix(name, "X-B3-") || name == "B3" || name == "Traceparent" {
			name = strings.ToLower(name)
		}
		lines[i] = name + ":" + value
	}
	slices.SortStableFunc(lines, byName)
	return lines
}

func byName(a, b string) int {
	a, _, _ = strings.Cut(a, ":")
	b, _, _ = strings.Cut(b, ":")
	return strings.Compare(a, b)
}

// sameButAdded compares lines. Those that were added after the others have no order.
func sameButAdded(t *testing.T, what string, got []string, want string, sorted bool) {
	t.Helper()
	wanted := linesOf(want)
	if sorted {
		got, wanted = slices.Clone(got), slices.Clone(wanted)
		slices.SortStableFunc(got, byName)
		slices.SortStableFunc(wanted, byName)
	} else if at := slices.IndexFunc(wanted, func(line string) bool { return line == "Two: 3" }); at >= 0 && at < len(got) {
		slices.Sort(got[at:])
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// TestRequestLines: a request keeps the order of its lines and the case of their names on
// the server of package h1. Net/http's loses them.
func TestRequestLines(t *testing.T) {
	onEngines(t, func(t *testing.T, own bool, start func(*testing.T, http.Handler) *servetest.Server) {
		for _, row := range lineRows {
			t.Run(row.name, func(t *testing.T) {
				heads := make(chan string, 2)
				h := startHop(t, rawBackend(t, func(head string) string {
					heads <- head
					return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
				}), row.opts...)
				c := start(t, h.server).Dial(t)
				for _, which := range []string{"first", "second"} { // the second has the buffers of the first
					c.Send(t, "GET / HTTP/1.1\r\nhOST: web\r\n"+strings.ReplaceAll(row.came, "\n", "\r\n")+"\r\n\r\n")
					c.Response(t)
					got, want := notOurs(<-heads), row.want
					if want == "" {
						want = row.came
					}
					if own {
						sameButAdded(t, which, got, want, false)
					} else if diff := cmp.Diff(canonicalLines(linesOf(want)), canonicalLines(got)); diff != "" || slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, "DNT") }) {
						t.Errorf("%s (-want +got):\n%s", which, diff)
					}
				}
			})
		}
	})
}

// TestResponseLines: a response keeps them, too. Net/http's server sorts names, but keeps
// their case where all lines of a name agree.
func TestResponseLines(t *testing.T) {
	onEngines(t, func(t *testing.T, own bool, start func(*testing.T, http.Handler) *servetest.Server) {
		for _, row := range lineRows {
			if row.asked {
				continue
			}
			t.Run(row.name, func(t *testing.T) {
				lines := strings.ReplaceAll(row.came, "\n", "\r\n")
				responses := []string{ // with and without a body, which is another way through the client
					"HTTP/1.1 200 OK\r\n" + lines + "\r\ncontent-type: a/b\r\ncontent-length: 0\r\n\r\n",
					"HTTP/1.1 200 OK\r\ncontent-type: a/b\r\ncontent-LENGTH: 2\r\n" + lines + "\r\n\r\nok",
					"HTTP/1.1 100 Continue\r\nx-line_1: 1\r\n\r\nHTTP/1.1 200 OK\r\ncontent-type: a/b\r\ntransfer-encoding: chunked\r\nTRAILER: x-sum\r\n" + lines + "\r\n\r\n2\r\nok\r\n0\r\nx-sum: 1\r\n\r\n",
				}
				var n int
				h := startHop(t, rawBackend(t, func(string) string { n++; return responses[n-1] }), row.opts...)
				s := start(t, h.server)
				for i := range responses {
					h.addr = s.Addr
					head, body := h.exchange(t, "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
					if strings.HasPrefix(head, "HTTP/1.1 1") {
						head, _, _ = strings.Cut(body, "\r\n\r\n")
					}
					got := notOurs(head)
					typed := false
					got = slices.DeleteFunc(got, func(line string) bool {
						is := strings.EqualFold(line, "Content-Type: a/b")
						typed = typed || is
						return is || strings.HasPrefix(line, "Trailer")
					})
					if !typed {
						t.Errorf("no Content-Type:\n%s", head)
					}
					want := row.want
					if want == "" {
						want = row.came
					}
					if !own && row.sorts != "" {
						want = row.sorts
					}
					sameButAdded(t, fmt.Sprint("response ", i), got, want, !own)
				}
			})
		}
	})
}

// TestLinesOfRetries: each attempt has the lines of the request, and the response those of
// its own attempt.
func TestLinesOfRetries(t *testing.T) {
	onEngines(t, func(t *testing.T, own bool, start func(*testing.T, http.Handler) *servetest.Server) {
		heads := make(chan string, 3)
		var n int
		h := startHop(t, rawBackend(t, func(head string) string {
			heads <- head
			switch n++; n {
			case 1:
				return "HTTP/1.1 500 No\r\ncontent-length: 0\r\nEtAg: 1\r\nX-FIRST: 1\r\n\r\n"
			case 2:
				return "HTTP/1.1 503 No\r\nfinagle-http-NACK: true\r\ncontent-length: 0\r\nEtaG: 1\r\n\r\n"
			}
			return "HTTP/1.1 200 OK\r\nzz: 1\r\netag: 1\r\nDNT: 1\r\n\r\n" + closeMark
		}), withService(router.ServicePolicy{Classifier: router.RetryableRead5XX(), MaxRetries: 3}))
		h.addr = start(t, h.server).Addr
		head, _ := h.exchange(t, "GET / HTTP/1.1\r\nHost: web\r\nDNT: 1\r\nuser-agent: u\r\nconnection: CLOSE\r\n\r\n")
		for range 3 {
			if got := notOurs(<-heads); own && !slices.Equal(got, []string{"DNT: 1", "user-agent: u"}) {
				t.Errorf("the backend got %q", got)
			}
		}
		sameButAdded(t, "response", notOurs(head), "zz: 1\netag: 1\nDNT: 1", !own)
	})
}

// TestLinesOfUpgrades: clients of WebSocket look for their names as they wrote them.
func TestLinesOfUpgrades(t *testing.T) {
	onEngines(t, func(t *testing.T, own bool, start func(*testing.T, http.Handler) *servetest.Server) {
		heads := make(chan string, 1)
		h := startHop(t, rawBackend(t, func(head string) string {
			heads <- head
			return "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n" + closeMark
		}))
		h.addr = start(t, h.server).Addr
		head, _ := h.exchange(t, "GET / HTTP/1.1\r\nHost: web\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: k\r\n\r\n")
		if got := <-heads; own && !strings.Contains(got, "\r\nSec-WebSocket-Key: k\r\n") || !strings.Contains(got, "\r\nUpgrade: websocket\r\n") {
			t.Errorf("the backend got\n%s", got)
		}
		for _, line := range []string{"Sec-WebSocket-Accept: x", "Upgrade: websocket", "Connection: Upgrade"} {
			if !slices.Contains(strings.Split(head, "\r\n"), line) {
				t.Errorf("no %q in\n%s", line, head)
			}
		}
	})
}

// TestLinesOfPipelinedRequests: each request has its own, though the buffers are the same.
func TestLinesOfPipelinedRequests(t *testing.T) {
	heads := make(chan string, 4)
	h := startHop(t, rawBackend(t, func(head string) string {
		heads <- head
		return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	}))
	s := servetest.StartWith(t, h.server, serve.Config{Engine: serve.H1, SoleListeners: true})
	c := s.Dial(t)
	lines := []string{"DNT: 1", "dnt: 1", "dNt: 1", "Dnt: 1"}
	for _, line := range lines {
		c.Send(t, "GET / HTTP/1.1\r\nHost: web\r\n"+line+"\r\n\r\n")
	}
	for _, line := range lines {
		if got := notOurs(<-heads); !slices.Equal(got, []string{line}) {
			t.Errorf("%q, want %q", got, line)
		}
		c.Response(t)
	}
}

// TestLinesAreInvisible: middleware finds fields of the request and of the response by
// their canonical names, whenever it looks, and a writer that is not the server's gets no
// others.
func TestLinesAreInvisible(t *testing.T) {
	onEngines(t, func(t *testing.T, own bool, start func(*testing.T, http.Handler) *servetest.Server) {
		for _, wraps := range []bool{false, true} {
			t.Run(fmt.Sprint("wraps=", wraps), func(t *testing.T) {
				h := startHop(t, rawBackend(t, func(string) string {
					return "HTTP/1.1 200 OK\r\nETag: 1\r\nContent-Length: 0\r\n\r\n"
				}))
				seen := make(chan []string, 1)
				h.addr = start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					to := &noticing{ResponseWriter: w}
					in := strings.Join(r.Header["Dnt"], ",") + r.Header.Get("DNT")
					if wraps {
						h.server.ServeHTTP(to, r)
					} else {
						h.server.ServeHTTP(w, r)
						to.etag = w.Header().Get("ETag")
					}
					seen <- []string{in, to.etag, w.Header().Get("ETag"), fmt.Sprint(slices.Contains(slices.Collect(maps.Keys(w.Header())), "ETag"))}
				})).Addr
				head, _ := h.exchange(t, "GET / HTTP/1.1\r\nHost: web\r\nDNT: 1\r\nConnection: close\r\n\r\n")
				if got := <-seen; !slices.Equal(got, []string{"11", "1", "1", "false"}) {
					t.Errorf("middleware saw %q", got)
				}
				if keeps := strings.Contains(head, "\r\nETag: 1"); keeps != (own || !wraps) {
					t.Errorf("%s", head)
				}
			})
		}
	})
}

// noticing notes what the header has when it is written.
type noticing struct {
	http.ResponseWriter
	etag string
}

func (n *noticing) WriteHeader(status int) {
	n.etag = n.Header().Get("ETag")
	n.ResponseWriter.WriteHeader(status)
}

// TestLinesAreNotTrusted: lines that a hop drops stay dropped in any spelling.
func TestLinesAreNotTrusted(t *testing.T) {
	heads := make(chan string, 1)
	h := startHop(t, rawBackend(t, func(head string) string {
		heads <- head
		return "HTTP/1.1 200 OK\r\nL5D-CTX-Thing: 1\r\nl5D-eRR: x\r\nL5d_Err: y\r\nDNT: 1\r\nContent-Length: 0\r\n\r\n"
	}), withProxy(func(c *proxy.Config) { c.ClearContext = true }))
	s := servetest.StartWith(t, h.server, serve.Config{Engine: serve.H1, SoleListeners: true})
	h.addr = s.Addr
	head, _ := h.exchange(t, "GET / HTTP/1.1\r\nHost: web\r\nl5D-Dtab: /svc=>/x\r\nL5D-ctx-DTAB: /svc=>/x\r\nL5D_Ctx_Trace: x\r\nX-b3-traceid: 1\r\nTRACEPARENT: x\r\ncontent-LENGTH: 0\r\nDNT: 1\r\nConnection: close, DNT2\r\ndnt2: 1\r\n\r\n")
	for what, lines := range map[string][]string{"request": notOurs(<-heads), "response": notOurs(head)} {
		if !slices.Equal(lines, []string{"DNT: 1"}) {
			t.Errorf("%s: %q", what, lines)
		}
	}
}
