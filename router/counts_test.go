package router_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/h1"
)

// TestConnectionsOfThoseWhoLeft: the counters of an endpoint that has left its set go on in
// the sum, each once; its connections do not.
func TestConnectionsOfThoseWhoLeft(t *testing.T) {
	f := start(t, sockets)
	ok := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }
	a, b := backend(t, ok), backend(t, ok)
	f.names.Bind("/web", a)
	expect := func(when string, want h1.Stats) {
		t.Helper()
		if got := f.ClientStats()[0].Connections; got == nil || *got != want {
			t.Errorf("%s: %+v, want %+v", when, got, want)
		}
	}
	f.mustAsk(t, request(t, "web"))
	expect("at first", h1.Stats{Open: 1, Idle: 1, Connects: 1})
	f.names.Bind("/web", a, b)
	expect("with another endpoint", h1.Stats{Open: 1, Idle: 1, Connects: 1})
	f.names.Bind("/web", b)
	expect("without the first", h1.Stats{Connects: 1})
	f.mustAsk(t, request(t, "web"))
	expect("with the other", h1.Stats{Open: 1, Idle: 1, Connects: 2})
	f.names.Bind("/web")
	expect("with none", h1.Stats{Connects: 2})
	f.names.Bind("/web", a)
	f.mustAsk(t, request(t, "web"))
	expect("with the first again", h1.Stats{Open: 1, Idle: 1, Connects: 3})
}

// TestServicesLiveAsLongAsTheirNames: the counters of a service stay while any of its
// bindings does, and go with the last one.
func TestServicesLiveAsLongAsTheirNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, func(c *router.Config) { c.Cache.IdleTTL = time.Minute })
		defer f.Close()
		f.names.Bind("/web", "10.0.0.1:80")
		f.mustAsk(t, withDtab(request(t, "web"), "/a => /b"))
		asked := uint64(1)
		for range 10 {
			f.mustAsk(t, request(t, "web"))
			asked++
			time.Sleep(20 * time.Second)
		}
		if s := f.ServiceStats(); f.Stats().Paths.Size != 1 || len(s) != 1 || s[0].Success != asked {
			t.Errorf("after the end of one binding: %+v, want %d requests", s, asked)
		}
		time.Sleep(2 * time.Minute)
		if s := f.ServiceStats(); f.Stats().Paths.Size != 0 || len(s) != 0 {
			t.Errorf("after the end of both: %+v", s)
		}
		f.mustAsk(t, request(t, "web"))
		if s := f.ServiceStats(); len(s) != 1 || s[0].Success != 1 {
			t.Errorf("and anew: %+v", s)
		}
	})
}

// TestOverflowsAreCounted: each value that is made where there is no room counts, and each
// that is dropped for that again.
func TestOverflowsAreCounted(t *testing.T) {
	f := start(t, func(c *router.Config) { c.Cache = router.CacheConfig{Paths: 1, Clients: 1} })
	f.names.Bind("/web", "10.0.0.1:80")
	resp, err := f.RoundTrip(request(t, "web"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		f.names.Bind(fmt.Sprintf("/n%d", i), "10.0.0.2:80")
		f.mustAsk(t, request(t, fmt.Sprintf("n%d", i)))
		if s := f.Stats().Clients; s.Size != 1 || s.Misses != uint64(i)+2 || s.Overflows != uint64(i)+1 || s.Evicts != uint64(i)+1 || s.Expires != 0 {
			t.Errorf("after %d more: %+v", i+1, s)
		}
	}
	resp.Body.Close()
}

// TestRetryOfWhatIsGone: a name that means nothing any more when its request is to be
// sent again has no replicas then.
func TestRetryOfWhatIsGone(t *testing.T) {
	for _, gone := range []string{"~", "$", "!", "0 * /#/fake/other & 0 * /#/fake/other"} {
		synctest.Test(t, func(t *testing.T) {
			var f *fixture
			f = start(t, policy(router.ServicePolicy{Classifier: router.RetryableAll5XX()}), over(func(*http.Request) (*http.Response, error) {
				f.names.Set("/web", gone)
				// The router follows a name in a goroutine of its own.
				synctest.Wait()
				return answer(503, ""), nil
			}))
			f.names.Bind("/web", "10.0.0.1:80")
			if failed := f.failure(t, request(t, "web")); failed.Kind != router.NoReplicas {
				t.Errorf("%s: %v", gone, failed)
			}
			if s := f.ServiceStats()[0]; s.Retries.Total != 1 || s.Pending != 0 {
				t.Errorf("%s: %+v", gone, s)
			}
			if s := f.ClientStats()[0]; s.Pending != 0 || s.Requests != 1 {
				t.Errorf("%s: %+v", gone, s)
			}
		})
	}
}

// TestErrorText: an error names what is known.
func TestErrorText(t *testing.T) {
	dst, bound := resolve.MustPath("/svc/web"), resolve.MustPath("/#/web")
	for _, row := range []struct {
		err  router.Error
		want string
	}{
		{router.Error{Kind: router.Closed}, "router: closed"},
		{router.Error{Kind: router.Closed, Dst: dst}, "router: closed of /svc/web"},
		{router.Error{Kind: router.NoReplicas, Bound: bound}, "router: no replicas as /#/web"},
		{router.Error{Kind: router.ConnectFailed, Dst: dst, Bound: bound, Addr: "a:1", Err: errTest}, "router: connect of /svc/web as /#/web at a:1: out of order"},
	} {
		if got := row.err.Error(); got != row.want {
			t.Errorf("got %s, want %s", got, row.want)
		}
	}
}

// TestNewResponse: what a stage says is a whole HTTP/1.1 response.
func TestNewResponse(t *testing.T) {
	r := request(t, "web")
	resp := router.NewResponse(r, 429, "later")
	body, err := io.ReadAll(resp.Body)
	if err != nil || string(body) != "later" || resp.ContentLength != 5 || resp.Header.Get("Content-Length") != "5" || resp.Request != r {
		t.Errorf("%+v, %q, %v", resp, body, err)
	}
	if resp.Status != "429 Too Many Requests" || resp.StatusCode != 429 || resp.Proto != "HTTP/1.1" || !resp.ProtoAtLeast(1, 1) || resp.ProtoAtLeast(1, 2) {
		t.Errorf("%+v", resp)
	}
}

// TestStatusIsInterrupted: where the body of a request does not come, it is not waited for
// longer than the request lasts.
func TestStatusIsInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t)
		defer f.Close()
		f.names.SetReplicas("/web", resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{
			Addresses: []resolve.Address{{Status: 403, Weight: 1}},
		}})
		body, never := io.Pipe()
		defer never.Close()
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Minute, func() { cancel(errTest) })
		r := with(ctx, request(t, "web"))
		r.Method, r.Body, r.ContentLength = "POST", body, 8
		if failed := f.failure(t, r); failed.Kind != router.Canceled || !errors.Is(failed, errTest) {
			t.Errorf("%v", failed)
		}
		synctest.Wait()
		if _, err := never.Write([]byte("x")); err != io.ErrClosedPipe {
			t.Errorf("the body is open: %v", err)
		}
		empty := &closing{from: strings.NewReader("question")}
		r = request(t, "web")
		r.Method, r.Body = "POST", empty
		if f.mustAsk(t, r); empty.read != 0 || !empty.closed {
			t.Errorf("of a body without a length %d bytes were read; closed: %v", empty.read, empty.closed)
		}
		const most = 64 << 10
		long := &closing{from: strings.NewReader(strings.Repeat("x", most))}
		r = request(t, "web")
		r.Method, r.Body, r.ContentLength = "POST", long, most
		if f.mustAsk(t, r); long.read != most || !long.closed {
			t.Errorf("of the longest body that is read %d bytes were; closed: %v", long.read, long.closed)
		}
	})
}

// TestNoUserAgentIsAdded: nor is anything else that the client did not send.
func TestNoUserAgentIsAdded(t *testing.T) {
	for _, own := range []bool{true, false} {
		for _, agent := range []string{"", "test"} {
			f := start(t, sockets, transportOf(own))
			addr, heads := wire(t)
			f.names.Bind("/web", addr)
			r := request(t, "web")
			if agent != "" {
				r.Header.Set("User-Agent", agent)
			}
			f.mustAsk(t, r)
			head := <-heads
			if got := strings.Contains(head, "User-Agent: "+agent+"\r\n"); got != (agent != "") || strings.Contains(head, "Accept-Encoding") || strings.Contains(head, "Go-http-client") {
				t.Errorf("own transport: %v; with the agent %q: %s", own, agent, head)
			}
		}
	}
}

// TestOnlyTheLastEntryIsBlamed: of what a foreign interpreter binds, nothing that a
// transformer made, and nothing without an id, is a reason to look at the entries.
func TestOnlyTheLastEntryIsBlamed(t *testing.T) {
	own := &router.Listeners{}
	own.Add(&net.TCPAddr{Port: 4140})
	for id, want := range map[string]error{"/#/x/4140": router.Forbidden, "/%/x/4140": nil} {
		tree := bound(id)
		tree.Leaf.Addr = resolve.Const(resolve.Replicas{Addresses: []resolve.Address{{AddrPort: netAddr("127.0.0.1:4140"), Weight: 1}}})
		f := start(t, binding(resolve.Const(tree)), func(c *router.Config) { c.Listeners = own })
		if _, err := f.ask(withDtab(request(t, "web"), "/a => /b")); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%s: %v, want %v", id, err, want)
		}
	}
	nameless := bound("/1")
	nameless.Leaf.ID = resolve.Path{}
	f := start(t, binding(resolve.Const(nameless)))
	if got := f.mustAsk(t, withDtab(request(t, "web"), "/a => /b")); got != "10.0.0.1:1" {
		t.Errorf("a set without an id: %s", got)
	}
}
