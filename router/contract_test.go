package router_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// TestRequestIsNotChanged compares a request before and after, with a
// transport that changes all that it is given.
func TestRequestIsNotChanged(t *testing.T) {
	f := start(t, func(c *router.Config) {
		c.Identifier = router.PathSegments(1, true)
		c.NewTransport = func(resolve.Address, router.TransportConfig) http.RoundTripper {
			return canned(func(r *http.Request) (*http.Response, error) {
				clear(r.Header)
				r.Header["X"] = []string{"y"}
				r.URL.Path, r.URL.Host, r.Host, r.Method = "/changed", "changed", "changed", "CHANGED"
				return answer(200, ""), nil
			})
		}
	})
	f.names.SetReplicas("/web", resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{
		Addresses: []resolve.Address{{Weight: 1, Authority: "other"}},
	}})
	r := request(t, "host")
	r.URL.Path = "/web/page"
	r.Header.Set("L5d-Ctx-Dtab", "/x=>/y")
	r.Header.Set("L5d-Dst-Residual", "/stale")
	r.Header["l5d-dst-client"] = []string{"/stale"}
	r.RequestURI = "/as/received"
	ctx := ctxhdr.NewContext(r.Context(), http.Header{"L5d-Ctx-Thing": {"a"}})
	r = with(ctx, r)
	header, u, host, uri := r.Header.Clone(), *r.URL, r.Host, r.RequestURI
	resp, err := f.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if diff := cmp.Diff(header, r.Header); diff != "" {
		t.Errorf("headers (-before +after):\n%s", diff)
	}
	if *r.URL != u || r.Host != host || r.RequestURI != uri || r.Method != "GET" || r.Context() != ctx {
		t.Errorf("the request was changed: %+v", r)
	}
	if resp.Request != r {
		t.Errorf("the answer's request is %p, want the caller's %p", resp.Request, r)
	}
}

// TestBodyIsClosed takes every way in which a request can fail.
func TestBodyIsClosed(t *testing.T) {
	canceled, cancel := context.WithCancelCause(t.Context())
	cancel(errTest)
	for _, test := range []struct {
		about  string
		change func(*fixture, *http.Request) *http.Request
		kind   router.Kind
	}{
		{"a dtab that does not parse", func(_ *fixture, r *http.Request) *http.Request {
			r.Header.Set("L5d-Dtab", "nonsense")
			return r
		}, router.InvalidDtab},
		{"no name", func(_ *fixture, r *http.Request) *http.Request { r.Host, r.URL.Host = "", ""; return r }, router.Unidentified},
		{"a namer that fails", func(f *fixture, r *http.Request) *http.Request { r.Host = "fails"; return r }, router.BindingFailed},
		{"a name that is not known in time", func(f *fixture, r *http.Request) *http.Request { r.Host = "stalled"; return r }, router.BindingTimeout},
		{"addresses that are not known in time", func(f *fixture, r *http.Request) *http.Request { r.Host = "nowhere"; return r }, router.BindingTimeout},
		{"addresses that cannot be had", func(f *fixture, r *http.Request) *http.Request { r.Host = "broken"; return r }, router.BindingFailed},
		{"no such name", func(_ *fixture, r *http.Request) *http.Request { r.Host = "nobody"; return r }, router.NoReplicas},
		{"nobody there", func(f *fixture, r *http.Request) *http.Request { r.Host = "empty"; return r }, router.NoReplicas},
		{"a caller that gave up", func(f *fixture, r *http.Request) *http.Request { r.Host = "stalled"; return with(canceled, r) }, router.Canceled},
		{"a caller that gave up later", func(f *fixture, r *http.Request) *http.Request { r.Host = "nowhere"; return with(canceled, r) }, router.Canceled},
		{"a router that is closed", func(f *fixture, r *http.Request) *http.Request { f.Close(); return r }, router.Closed},
	} {
		t.Run(test.about, func(t *testing.T) {
			f := start(t, func(c *router.Config) {
				if test.kind == router.BindingTimeout {
					c.BindingTimeout = 5 * time.Millisecond
				}
			})
			f.names.Fail("/fails", errTest)
			f.names.Stall("/stalled")
			f.names.SetReplicas("/nowhere", resolve.State[resolve.Replicas]{})
			f.names.SetReplicas("/broken", resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: errTest})
			f.names.Bind("/empty")
			r := request(t, "web")
			body := &watchedBody{Reader: strings.NewReader("body")}
			r.Body = body
			failed := f.failure(t, test.change(f, r))
			if failed.Kind != test.kind {
				t.Errorf("kind %s, want %s: %v", failed.Kind, test.kind, failed)
			}
			if failed.Kind == router.Canceled && !errors.Is(failed, errTest) {
				t.Errorf("cause %v, want that of the context", failed.Err)
			}
			if n := body.closes(); n != 1 {
				t.Errorf("the body was closed %d times", n)
			}
			if stats := f.Stats(); stats.Requests != 1 || stats.Failures != 1 || stats.Pending != 0 {
				t.Errorf("%+v", stats)
			}
		})
	}
}

// TestTransportClosesTheBody: once a transport has the request, closing its
// body is left to that, which may be reading it still.
func TestTransportClosesTheBody(t *testing.T) {
	for _, test := range []struct {
		about string
		err   error
	}{{"sent", nil}, {"failed", errTest}} {
		t.Run(test.about, func(t *testing.T) {
			f := start(t, over(func(r *http.Request) (*http.Response, error) {
				r.Body.Close()
				return answer(200, ""), test.err
			}))
			f.names.Bind("/web", "a:1")
			r := request(t, "web")
			body := &watchedBody{Reader: strings.NewReader("body")}
			r.Body = body
			if _, err := f.ask(r); !errors.Is(err, test.err) {
				t.Fatal(err)
			}
			if n := body.closes(); n != 1 {
				t.Errorf("the body was closed %d times", n)
			}
		})
	}
	t.Run("a connection that is refused", func(t *testing.T) {
		f := start(t, sockets)
		f.names.Bind("/web", "127.0.0.1:1")
		r := request(t, "web")
		body := &watchedBody{Reader: strings.NewReader("body")}
		r.Body = body
		if failed := f.failure(t, r); failed.Kind != router.ConnectFailed {
			t.Error(failed)
		}
		if n := body.closes(); n == 0 {
			t.Error("the body was not closed")
		}
	})
}

// TestCancelWhileBinding ends the caller's patience before the name is known.
func TestCancelWhileBinding(t *testing.T) {
	for _, host := range []string{"stalled", "nowhere"} {
		t.Run(host, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := start(t)
				f.names.Stall("/stalled")
				f.names.SetReplicas("/nowhere", resolve.State[resolve.Replicas]{})
				ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Second, errTest)
				defer cancel()
				began := time.Now()
				failed := f.failure(t, with(ctx, request(t, host)))
				if failed.Kind != router.DeadlineExceeded || !errors.Is(failed, errTest) || !errors.Is(failed, context.DeadlineExceeded) || time.Since(began) != 3*time.Second {
					t.Errorf("%v after %s", failed, time.Since(began))
				}
				if failed.Dst.String() != "/svc/"+host {
					t.Errorf("name %s", failed.Dst)
				}
			})
		})
	}
}

// TestBindingTimeout also checks Linkerd's words.
func TestBindingTimeout(t *testing.T) {
	for _, test := range []struct {
		host  string
		limit time.Duration
		want  string
		bound string
	}{
		{"stalled", 0, "Exceeded 10.seconds binding timeout while resolving name: /svc/stalled", "/"},
		{"stalled", 1500 * time.Millisecond, "Exceeded 1.seconds+500.milliseconds binding timeout while resolving name: /svc/stalled", "/"},
		{"stalled", 26 * time.Hour, "Exceeded 1.days+2.hours binding timeout while resolving name: /svc/stalled", "/"},
		{"stalled", time.Minute + time.Microsecond + 1, "Exceeded 1.minutes+1.microseconds+1.nanoseconds binding timeout while resolving name: /svc/stalled", "/"},
		{"nowhere", 0, "Exceeded 10.seconds binding timeout while connecting to /#/fake/nowhere for name: /svc/nowhere", "/#/fake/nowhere"},
	} {
		t.Run(test.want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := start(t, func(c *router.Config) { c.BindingTimeout = test.limit })
				f.names.Stall("/stalled")
				f.names.SetReplicas("/nowhere", resolve.State[resolve.Replicas]{})
				failed := f.failure(t, request(t, test.host))
				var timeout interface{ Timeout() bool }
				if failed.Kind != router.BindingTimeout || failed.Err.Error() != test.want ||
					!errors.As(failed, &timeout) || !timeout.Timeout() {
					t.Errorf("%s: %v", failed.Kind, failed.Err)
				}
				if failed.Dst.String() != "/svc/"+test.host || failed.Bound.String() != test.bound {
					t.Errorf("names %s, %s", failed.Dst, failed.Bound)
				}
			})
		})
	}
}

// TestPendingNameIsWaitedFor: many requests wait for one look-up, and get
// their answer when it is there.
func TestPendingNameIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t)
		f.names.Stall("/web")
		results := make(chan string)
		for range 10 {
			go func() {
				body, err := f.ask(request(t, "web"))
				if err != nil {
					body = err.Error()
				}
				results <- body
			}()
		}
		synctest.Wait()
		f.names.SetReplicas("/web", resolve.State[resolve.Replicas]{})
		synctest.Wait() // now its addresses are waited for
		f.names.Bind("/web", "10.0.0.1:80")
		for range 10 {
			if got := <-results; got != "10.0.0.1:80" {
				t.Errorf("got %q", got)
			}
		}
		if misses := f.Stats().Paths.Misses; misses != 1 {
			t.Errorf("looked up %d times", misses)
		}
	})
}

// TestCancelWhileReplicaIsSlow also sees that the replica learns of it.
func TestCancelWhileReplicaIsSlow(t *testing.T) {
	reached, left := make(chan struct{}), make(chan struct{})
	f := start(t, sockets)
	addr := backend(t, func(w http.ResponseWriter, r *http.Request) {
		close(reached)
		<-r.Context().Done()
		close(left)
	})
	f.names.Bind("/web", addr)
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-reached
		cancel(errTest)
	}()
	failed := f.failure(t, with(ctx, request(t, "web")))
	if failed.Kind != router.Canceled || failed.Err != errTest || failed.Addr != addr || failed.Bound.String() != "/#/fake/web" {
		t.Errorf("%s: %v", failed.Kind, failed)
	}
	<-left
	stats, client := f.Stats(), f.ClientStats()[0]
	if stats.Pending != 0 || client.Pending != 0 || client.Failures != 1 {
		t.Errorf("%+v, %+v", stats, client)
	}
}

// TestCancelWhileAnswering breaks the answer's body off.
func TestCancelWhileAnswering(t *testing.T) {
	f := start(t, sockets)
	f.names.Bind("/web", backend(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(200)
		w.Write([]byte("begin"))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	ctx, cancel := context.WithCancel(t.Context())
	resp, err := f.RoundTrip(with(ctx, request(t, "web")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(resp.Body, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	if pending := f.Stats().Pending; pending != 1 {
		t.Errorf("%d pending while the answer is read", pending)
	}
	cancel()
	if _, err := io.ReadAll(resp.Body); !errors.Is(err, context.Canceled) {
		t.Errorf("reading on: %v", err)
	}
	resp.Body.Close()
	if pending := f.Stats().Pending; pending != 0 {
		t.Errorf("%d pending at the end", pending)
	}
}

// TestAnswersBody: the attempt is over at the end of the body or when that is
// closed, and only once.
func TestAnswersBody(t *testing.T) {
	for _, test := range []struct {
		about string
		read  func(io.ReadCloser)
	}{
		{"read and closed", func(b io.ReadCloser) { io.Copy(io.Discard, b); b.Close(); b.Close() }},
		{"closed at once", func(b io.ReadCloser) { b.Close() }},
		{"read, not closed", func(b io.ReadCloser) { io.Copy(io.Discard, b); b.Read(make([]byte, 1)) }},
	} {
		for _, none := range []bool{false, true} {
			f := start(t, over(func(*http.Request) (*http.Response, error) {
				resp := answer(200, "body")
				if none {
					resp.Body, resp.Header = nil, nil
				}
				return resp, nil
			}))
			f.names.Bind("/web", "a:1")
			resp, err := f.RoundTrip(request(t, "web"))
			if err != nil {
				t.Fatal(err)
			}
			test.read(resp.Body)
			if stats, client := f.Stats(), f.ClientStats()[0]; stats.Pending != 0 || client.Pending != 0 {
				t.Errorf("%s, no body %t: %d and %d pending", test.about, none, stats.Pending, client.Pending)
			}
		}
	}
}

// TestSuccessClass: what an answer counts as is said in a header and in the
// counters; a replica's own word on that does not count.
func TestSuccessClass(t *testing.T) {
	for _, test := range []struct {
		status  int
		class   string
		success uint64
	}{{200, "1.0", 1}, {404, "1.0", 1}, {499, "1.0", 1}, {500, "0.0", 0}, {503, "0.0", 0}} {
		f := start(t, over(func(*http.Request) (*http.Response, error) {
			return answer(test.status, "", "l5d-success-class", "0.5"), nil
		}))
		f.names.Bind("/web", "a:1")
		resp, err := f.RoundTrip(request(t, "web"))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if got := resp.Header.Values("l5d-success-class"); !slices.Equal(got, []string{test.class}) {
			t.Errorf("%d: class %q", test.status, got)
		}
		stats, client := f.Stats(), f.ClientStats()[0]
		if stats.Success != test.success || stats.Failures != 1-test.success ||
			client.Success != test.success || client.Failures != 1-test.success {
			t.Errorf("%d: %+v, %+v", test.status, stats, client)
		}
	}
}

// TestPlainClient: an http.Client over a router follows a redirect from name
// to name, and its answers say where they are from.
func TestPlainClient(t *testing.T) {
	f := start(t, sockets)
	f.names.Bind("/web", backend(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/next", http.StatusFound)
			return
		}
		http.Redirect(w, r, "http://other/end", http.StatusFound)
	}))
	f.names.Bind("/other", backend(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host+r.URL.Path) }))
	resp, err := (&http.Client{Transport: f}).Get("http://web/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != "other/end" || resp.Request.URL.String() != "http://other/end" {
		t.Errorf("%q, %v, from %s", body, err, resp.Request.URL)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, test := range []struct {
		config router.Config
		want   string
	}{
		{router.Config{}, "router: Config.Interpreter is required"},
		{router.Config{Interpreter: anything(), Cache: router.CacheConfig{Paths: -1}}, "router: Config.Cache has a negative limit"},
		{router.Config{Interpreter: anything(), Cache: router.CacheConfig{Clients: -1}}, "router: Config.Cache has a negative limit"},
		{router.Config{Interpreter: anything(), Cache: router.CacheConfig{IdleTTL: -1}}, "router: Config.Cache has a negative limit"},
	} {
		_, err := router.New(test.config)
		if err == nil || err.Error() != test.want {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
}

func TestDefaults(t *testing.T) {
	in := anything()
	r, err := router.New(router.Config{Interpreter: in})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Label() != "http" || r.Hop() == nil || len(r.Dtab()) != 0 || r.Interpreter() == nil {
		t.Errorf("label %q, hop %v, dtab %q", r.Label(), r.Hop(), r.Dtab())
	}
}

// TestKinds: every kind has a word of its own.
func TestKinds(t *testing.T) {
	words := map[string]bool{}
	for k := router.UnsupportedScheme; k <= router.Closed; k++ {
		words[k.String()] = true
		if k.Error() != "router: "+k.String() {
			t.Errorf("%v as an error is %s", k, k.Error())
		}
	}
	if len(words) != int(router.Closed) || words["unknown"] {
		t.Errorf("words %v", slices.Sorted(maps.Keys(words)))
	}
	if router.Kind(0).String() != "unknown" || router.Kind(200).String() != "unknown" {
		t.Error("a kind that is none has a word")
	}
}

// TestNilLocal: a request of nil in the context is none.
func TestNilLocal(t *testing.T) {
	f := start(t)
	f.names.Bind("/web", "10.0.0.1:80")
	f.mustAsk(t, with(&inbound.Context{Context: t.Context(), Request: nil}, request(t, "web")))
	r := (&http.Request{URL: &url.URL{Host: "web"}}).WithContext(t.Context())
	f.mustAsk(t, r)
}
