package k8s_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// hello is a server with /default/http/hello at 10.0.0.1 and one watch of it,
// of the EndpointSlices.
func hello(t *testing.T, f func(t *testing.T, s *k8stest.Server, got *seen)) {
	t.Helper()
	var s k8stest.Server
	s.Bind("default", "hello", "http", "10.0.0.1:80")
	bubble(t, &s, k8s.Config{}, func(t *testing.T, n *k8s.Namer) {
		got := see(t, n, "/default/http/hello")
		got.expect(t, "10.0.0.1:80")
		f(t, &s, got)
	})
}

func rebind(s *k8stest.Server, endpoints ...string) {
	s.Bind("default", "hello", "http", endpoints...)
}

// since are the requests that came after the first skip.
func since(s *k8stest.Server, skip int) []string {
	var all []string
	for _, r := range s.Requests()[skip:] {
		verb := "list"
		if strings.Contains(r, "watch=true") {
			verb = "watch"
		}
		all = append(all, verb)
	}
	return all
}

func expectRequests(t *testing.T, s *k8stest.Server, skip int, want ...string) {
	t.Helper()
	if got := since(s, skip); !slices.Equal(got, want) {
		t.Errorf("the requests since are %q, not %q", got, want)
	}
}

// TestQuestions are the requests, to the byte, but for a random time (184).
func TestQuestions(t *testing.T) {
	var s k8stest.Server
	s.Apply(`{"kind":"Service","metadata":{"name":"hello","labels":{"version":"V1"}},"spec":{"ports":[{"name":"http","port":80}]}}`)
	bubble(t, &s, k8s.Config{LabelSelector: "version"}, func(t *testing.T, n *k8s.Namer) {
		see(t, n, "/default/80/hello/V1").expect(t, "none")
		got := s.Requests()
		slices.Sort(got)
		for i, r := range got {
			got[i], _, _ = strings.Cut(r, "&timeoutSeconds=")
		}
		const slices_ = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dhello%2Cversion%3DV1&"
		const service = "/api/v1/namespaces/default/services?fieldSelector=metadata.name%3Dhello&labelSelector=version%3DV1&"
		want := []string{service + "limit=500", service + "watch=true&allowWatchBookmarks=true&resourceVersion=1",
			slices_ + "limit=500", slices_ + "watch=true&allowWatchBookmarks=true&resourceVersion=1"}
		if !slices.Equal(got, want) {
			t.Errorf("the requests are\n%q, not\n%q", got, want)
		}
		h := s.Headers()
		if h.Get("Host") != "localhost:8001" || h.Get("Accept") != "application/json" || h.Get("User-Agent") != "meshhop/dev" { // 210
			t.Errorf("the headers are %v", h)
		}
	})
	s.Fail("", "endpointslices", k8stest.Status(403, "Forbidden", forbidden))
	bubble(t, &s, k8s.Config{}, func(t *testing.T, n *k8s.Namer) {
		see(t, n, "/default/http/hello").expect(t, "neg")
		if got := s.Requests()[5]; got != "/api/v1/namespaces/default/endpoints?fieldSelector=metadata.name%3Dhello&limit=500" {
			t.Errorf("the Endpoints are asked for by %q", got)
		}
	})
}

// TestOneWatch: whoever uses a name, and however often, there is one watch, which
// ends with the last of them.
func TestOneWatch(t *testing.T) {
	var s k8stest.Server
	s.Bind("default", "hello", "http", "10.0.0.1:80")
	synctest.Test(t, func(t *testing.T) {
		c := dial(t, &s)
		var all []*seen
		for _, config := range []k8s.Config{{Client: c}, {Client: c}, {Client: c, Namespace: "default"}} {
			n, err := k8s.New(config)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"http/hello", "80/hello", "http/hello/x"} {
				if config.Namespace == "" {
					name = "default/" + name
				}
				got := see(t, n, "/"+name)
				got.expect(t, "10.0.0.1:80")
				all = append(all, got)
			}
		}
		if a, b := s.Watches("endpointslices"), s.Watches("services"); a != 1 || b != 1 || len(s.Requests()) != 4 {
			t.Errorf("%d and %d watches after %q", a, b, s.Requests())
		}
		for _, got := range all {
			got.gone()
		}
		synctest.Wait()
		if n := s.Watches(""); n != 0 || watching(c) != 0 {
			t.Errorf("%d watches are left", n)
		}
	})
}

// TestOrder: events count in the order in which they arrive (189).
func TestOrder(t *testing.T) {
	var s k8stest.Server
	s.Fail("", "endpointslices", k8stest.Status(403, "Forbidden", forbidden))
	bubble(t, &s, k8s.Config{}, func(t *testing.T, n *k8s.Namer) {
		got := see(t, n, "/default/http/oldrv")
		got.expect(t, "neg")
		for _, event := range []struct{ ip, version, want string }{
			{"10.0.0.1", "10", "10.0.0.1:80"}, {"10.0.0.2", "12", "10.0.0.2:80"}, {"10.0.0.9", "11", "10.0.0.9:80"}, {"10.0.0.3", "12", "10.0.0.3:80"},
		} {
			object := strings.Replace(endpoints("oldrv", 80, event.ip), `"namespace"`, `"resourceVersion":"`+event.version+`","namespace"`, 1)
			s.Send("endpoints", `{"type":"MODIFIED","object":`+object+`}`)
			got.expect(t, event.want)
		}
	})
}

// TestFirstAnswer: until there is one the name is pending, and says why.
func TestFirstAnswer(t *testing.T) {
	for _, row := range []struct {
		what     string
		times    int
		fault    k8stest.Fault
		resource string
		at       string        // while it fails
		within   time.Duration // and then it is bound
	}{
		{"190: 500 eleven times", 11, k8stest.Status(500, "InternalError", "boom"), "endpointslices", "pending: 500 boom", time.Minute},
		{"193: 406 once", 1, k8stest.Status(406, "NotAcceptable", "no"), "endpointslices", "", time.Second},
		{"192: no answer", 1, k8stest.Hang(), "endpointslices", "pending", time.Minute},
		{"429 that says when", 1, k8stest.Status(429, "TooManyRequests", "later").RetryAfter(7), "endpointslices", "pending: 429 later", 20 * time.Second},
		{"garbage", 1, k8stest.Body("<html>"), "endpointslices", "pending: a list: invalid character '<' looking for beginning of value", time.Second},
		{"an end in the midst", 1, k8stest.Body(`{"items":[`), "endpointslices", "pending: a list: unexpected EOF", time.Second},
		{"401 without a token", 3, k8stest.Status(401, "Unauthorized", "Unauthorized"), "endpointslices", "pending: 401 Unauthorized", time.Second},
	} {
		t.Run(row.what, func(t *testing.T) {
			var s k8stest.Server
			s.Bind("default", "hello", "http", "10.0.0.1:80")
			s.FailTimes(row.times, "list", row.resource, row.fault)
			bubble(t, &s, k8s.Config{}, func(t *testing.T, n *k8s.Namer) {
				got := see(t, n, "/default/http/hello")
				if row.at != "" {
					got.expect(t, row.at)
				}
				begun := time.Now()
				for got.now() != "10.0.0.1:80" {
					if time.Since(begun) > row.within {
						t.Fatalf("after %s it is %q", time.Since(begun), got.now())
					}
					time.Sleep(10 * time.Millisecond)
				}
				if row.what[:3] == "429" && time.Since(begun) < 7*time.Second {
					t.Errorf("it was asked again after %s", time.Since(begun))
				}
			})
		})
	}
}

// TestForbidden: with rights for neither resource a name is pending, with the
// server's own words, and the log has them once (191).
func TestForbidden(t *testing.T) {
	var s k8stest.Server
	s.Fail("", "endpointslices", k8stest.Status(403, "Forbidden", forbidden))
	s.Fail("", "endpoints", k8stest.Status(403, "Forbidden", "endpoints is forbidden: User \"x\"\ncannot list"))
	bubble(t, &s, k8s.Config{}, func(t *testing.T, n *k8s.Namer) {
		got := see(t, n, "/default/http/hello")
		time.Sleep(5 * time.Minute)
		got.expect(t, `pending: 403 endpoints is forbidden: User "x" cannot list`)
		// Tried less and less often, up to every 10 s.
		if tries := len(s.Requests()); tries < 40 || tries > 200 {
			t.Errorf("%d requests in five minutes", tries)
		}
	})
}

// TestFallback: EndpointSlices are asked for once, and again after ten minutes, by
// one name of the namespace (207).
func TestFallback(t *testing.T) {
	var s k8stest.Server
	s.Bind("default", "hello", "http", "10.0.0.1:80")
	s.Bind("default", "world", "http", "10.0.0.2:80")
	allow := s.Fail("", "endpointslices", k8stest.Status(403, "Forbidden", forbidden))
	slicesAsked := func() (n int) {
		for _, r := range s.Requests() {
			if strings.Contains(r, "endpointslices") {
				n++
			}
		}
		return n
	}
	bubble(t, &s, k8s.Config{}, func(t *testing.T, n *k8s.Namer) {
		a := see(t, n, "/default/http/hello")
		a.expect(t, "10.0.0.1:80")
		b := see(t, n, "/default/http/world")
		b.expect(t, "10.0.0.2:80")
		if n := slicesAsked(); n != 1 || s.Watches("endpoints") != 2 {
			t.Errorf("EndpointSlices were asked for %d times", n)
		}
		time.Sleep(12 * time.Minute)
		a.expect(t, "10.0.0.1:80")
		b.expect(t, "10.0.0.2:80")
		if n := slicesAsked(); n != 2 || s.Watches("endpoints") != 2 {
			t.Errorf("EndpointSlices were asked for %d times in twelve minutes", n)
		}
		allow()
		time.Sleep(12 * time.Minute)
		a.expect(t, "10.0.0.1:80")
		b.expect(t, "10.0.0.2:80")
		if s.Watches("endpointslices") != 2 || s.Watches("endpoints") != 0 {
			t.Errorf("%d watches of EndpointSlices, %d of Endpoints", s.Watches("endpointslices"), s.Watches("endpoints"))
		}
		if n := a.names; n != 1 {
			t.Errorf("the name has changed %d times", n)
		}
		// Rights that are taken away while it is watched.
		s.Fail("", "endpointslices", k8stest.Status(403, "Forbidden", forbidden))
		s.End("endpointslices")
		a.expect(t, "10.0.0.1:80")
		if s.Watches("endpoints") != 2 {
			t.Errorf("%d watches of Endpoints", s.Watches("endpoints"))
		}
	})
}

// TestWatchEnds: a stream that ends goes on where it was, at once, and what
// happened in between is not lost (194, 203).
func TestWatchEnds(t *testing.T) {
	for name, end := range map[string]func(*k8stest.Server){
		"ended": func(s *k8stest.Server) { s.End("endpointslices") },
		"cut":   func(s *k8stest.Server) { s.Cut("endpointslices") },
	} {
		t.Run(name, func(t *testing.T) {
			hello(t, func(t *testing.T, s *k8stest.Server, got *seen) {
				rebind(s, "10.0.0.1:80", "10.0.0.2:80")
				got.expect(t, "10.0.0.1:80 10.0.0.2:80")
				skip, begun := len(s.Requests()), time.Now()
				end(s)
				rebind(s, "10.0.0.3:80")
				got.expect(t, "10.0.0.3:80")
				if waited := time.Since(begun); waited > 0 {
					t.Errorf("it went on after %s", waited)
				}
				expectRequests(t, s, skip, "watch")
			})
		})
	}
}

// TestWatchExpires: after 410, in either form, a list replaces what was known
// (195, 196, 206), also if that is gone (197).
func TestWatchExpires(t *testing.T) {
	for name, asStatus := range map[string]bool{"as a status": true, "as an event": false} {
		t.Run(name, func(t *testing.T) {
			hello(t, func(t *testing.T, s *k8stest.Server, got *seen) {
				names := got.names
				skip := len(s.Requests())
				s.Forget(asStatus)
				s.End("endpointslices")
				got.expect(t, "10.0.0.1:80")
				time.Sleep(time.Second)
				expectRequests(t, s, skip, "watch", "list", "watch")

				time.Sleep(time.Minute)
				s.Send("endpointslices", `{"type":"ERROR","object":{"kind":"Status","code":500,"message":"x"}}`)
				s.Fail("list", "endpointslices", k8stest.Status(500, "", "boom"))
				rebind(s, "10.0.0.2:80")
				time.Sleep(time.Minute)
				if got.names != names {
					t.Error("the name has changed")
				}
			})
			hello(t, func(t *testing.T, s *k8stest.Server, got *seen) {
				end := s.Fail("", "endpointslices", k8stest.Status(503, "", "not now"))
				s.End("endpointslices")
				s.Unbind("default", "hello")
				s.Forget(asStatus)
				time.Sleep(time.Minute)
				got.expect(t, "10.0.0.1:80")
				end()
				time.Sleep(10 * time.Second)
				got.expect(t, "neg")
			})
		})
	}
}

// TestWatchTrouble: whatever a watch says, the name goes on.
func TestWatchTrouble(t *testing.T) {
	huge := `{"type":"MODIFIED","object":{"x":"` + strings.Repeat("x", 9<<20) + `"}}`
	for _, row := range []struct {
		what, line string
		relist     bool
	}{
		{"196: 410", `{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}`, true},
		{"198: 500", `{"type":"ERROR","object":{"kind":"Status","code":500,"message":"boom"}}`, true},
		{"200: garbage", `{"type": nonsense`, true},
		{"an object of another type", `{"type":"MODIFIED","object":[]}`, true},
		{"a line that is too long", huge, true},
		{"201: BOOKMARK", `{"type":"BOOKMARK","object":{"kind":"EndpointSlice","metadata":{"resourceVersion":"20"},"endpoints":null,"ports":null}}`, false},
		{"a type that is not known", `{"type":"NEWS","object":{"metadata":{"name":"hello-ipv4-80","namespace":"default"}}}`, false},
		{"an object without a name", `{"type":"MODIFIED","object":{"metadata":{}}}`, false},
		{"an empty line", ``, false},
	} {
		t.Run(row.what, func(t *testing.T) {
			hello(t, func(t *testing.T, s *k8stest.Server, got *seen) {
				skip := len(s.Requests())
				s.Send("endpointslices", row.line)
				got.expect(t, "10.0.0.1:80")
				time.Sleep(time.Second)
				got.expect(t, "10.0.0.1:80")
				if row.relist {
					expectRequests(t, s, skip, "list", "watch")
				} else {
					expectRequests(t, s, skip)
				}
				rebind(s, "10.0.0.4:80")
				got.expect(t, "10.0.0.4:80")
				if got.names != 1 {
					t.Errorf("the name has changed %d times", got.names)
				}
			})
		})
	}
}

// TestBookmarkMoves the version that a watch goes on at (201).
func TestBookmarkMoves(t *testing.T) {
	hello(t, func(t *testing.T, s *k8stest.Server, got *seen) {
		s.Bind("other", "x", "http", "10.0.0.9:80")
		s.Bookmark("endpointslices")
		synctest.Wait()
		s.End("endpointslices")
		synctest.Wait()
		if got := s.Requests()[len(s.Requests())-1]; !strings.Contains(got, "&resourceVersion=6&") {
			t.Errorf("it went on with %q", got)
		}
	})
}

// TestWatchRefused: an answer that is an error changes nothing, and is asked for
// again at most every 10 s (199), and a stream that ends at once less and less
// often (202).
func TestWatchRefused(t *testing.T) {
	for _, row := range []struct {
		what  string
		fault k8stest.Fault
	}{
		{"199: 404", k8stest.Status(404, "NotFound", "no")},
		{"199: 403", k8stest.Status(403, "Forbidden", "no")},
		{"500", k8stest.Status(500, "", "")},
		{"202: 200 and end", k8stest.Body("")},
		{"no answer", k8stest.Hang()},
		{"garbage again and again", k8stest.Body("x\n")},
	} {
		t.Run(row.what, func(t *testing.T) {
			var s k8stest.Server
			s.Apply(endpoints("hello", 80, "10.0.0.1"))
			s.Fail("", "endpointslices", k8stest.Status(403, "Forbidden", forbidden))
			end := s.Fail("watch", "endpoints", row.fault)
			bubble(t, &s, k8s.Config{}, func(t *testing.T, n *k8s.Namer) {
				got := see(t, n, "/default/http/hello")
				got.expect(t, "10.0.0.1:80")
				time.Sleep(2 * time.Minute)
				got.expect(t, "10.0.0.1:80")
				if asked := len(s.Requests()); asked > 120 {
					t.Errorf("%d requests in two minutes", asked)
				}
				s.Apply(endpoints("hello", 80, "10.0.0.2"))
				end()
				time.Sleep(40 * time.Second)
				got.expect(t, "10.0.0.2:80")
			})
		})
	}
}

// TestSilence: a stream from which nothing comes is given up, half a minute after
// the server was to end it.
func TestSilence(t *testing.T) {
	var s k8stest.Server
	s.Bind("default", "hello", "http", "10.0.0.1:80")
	deaf := &deafServer{Server: &s}
	synctest.Test(t, func(t *testing.T) {
		c, err := k8s.NewClient(k8s.ClientConfig{Transport: deaf})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		n, err := k8s.New(k8s.Config{Client: c})
		if err != nil {
			t.Fatal(err)
		}
		got := see(t, n, "/default/http/hello")
		got.expect(t, "10.0.0.1:80")
		rebind(&s, "10.0.0.2:80")
		got.expect(t, "10.0.0.1:80")
		time.Sleep(11 * time.Minute)
		got.expect(t, "10.0.0.2:80")
		got.gone()
	})
}

// deafServer says nothing in its first watch.
type deafServer struct {
	*k8stest.Server
	watched bool
}

func (d *deafServer) RoundTrip(r *http.Request) (*http.Response, error) {
	if d.watched || !strings.Contains(r.URL.RawQuery, "watch=true") {
		return d.Server.RoundTrip(r)
	}
	d.watched = true
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: silent{r.Context().Done()}}, nil
}

type silent struct{ done <-chan struct{} }

func (s silent) Read([]byte) (int, error) {
	<-s.done
	return 0, http.ErrBodyReadAfterClose
}
func (silent) Close() error { return nil }

// TestOutage: while the API is away a known name stays what it was, for however
// long, and what happened meanwhile shows soon after it is back (204, 205).
func TestOutage(t *testing.T) {
	hello(t, func(t *testing.T, s *k8stest.Server, got *seen) {
		back := s.Fail("", "", k8stest.Status(503, "", "down"))
		s.Cut("")
		time.Sleep(24 * time.Hour)
		got.expect(t, "10.0.0.1:80")
		other := see(t, got.namer, "/default/http/other")
		other.expect(t, "pending: 503 down")
		time.Sleep(time.Hour)
		s.Unbind("default", "hello")
		s.Bind("default", "other", "http", "10.0.0.2:80")
		back()
		time.Sleep(10 * time.Second)
		got.expect(t, "neg")
		other.expect(t, "10.0.0.2:80")
	})
}

// TestPages: a long list comes in pages, of which one may be too old.
func TestPages(t *testing.T) {
	var s k8stest.Server
	for i := range 1234 {
		s.Apply(`{"kind":"EndpointSlice","metadata":{"name":"s-` + strconv.Itoa(i) + `","labels":{"kubernetes.io/service-name":"big"}},"addressType":"IPv4",
			"endpoints":[{"addresses":["10.0.` + strconv.Itoa(i/250) + `.` + strconv.Itoa(i%250) + `"]}],"ports":[{"name":"http","port":80}]}`)
	}
	for name, prepare := range map[string]func(){
		"in order": func() {},
		"page of old": func() {
			s.FailTimes(1, "list", "/apis", k8stest.Status(410, "Expired", "old").Unless(func(r *http.Request) bool { return r.URL.Query().Get("continue") == "" }))
		},
	} {
		t.Run(name, func(t *testing.T) {
			prepare()
			bubble(t, &s, k8s.Config{}, func(t *testing.T, n *k8s.Namer) {
				got := see(t, n, "/default/http/big")
				if all := strings.Fields(got.now()); len(all) != 1234 {
					t.Errorf("%d addresses", len(all))
				}
				if got.names != 1 {
					t.Errorf("it was told of in %d steps", got.names)
				}
			})
		})
	}
}

// TestClosed: Close ends all watches; names keep their state, and new ones fail.
func TestClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s k8stest.Server
		s.Bind("default", "hello", "http", "10.0.0.1:80")
		c := dial(t, &s)
		n, err := k8s.New(k8s.Config{Client: c})
		if err != nil {
			t.Fatal(err)
		}
		got := see(t, n, "/default/http/hello")
		got.expect(t, "10.0.0.1:80")
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if s.Watches("") != 0 {
			t.Errorf("%d watches are left", s.Watches(""))
		}
		got.expect(t, "10.0.0.1:80")
		if _, err := n.Lookup(resolve.MustPath("/default/http/new")).Wait(t.Context()); err == nil || err.Error() != "k8s: the client is closed" {
			t.Errorf("a new name: %v", err)
		}
	})
}
