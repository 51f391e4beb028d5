package explain_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/explain"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// TestText is about what a file system cannot be made to say; the command's own
// tests have more.
func TestText(t *testing.T) {
	type change = func(*resolve.Config, *router.Config, *proxy.Config)
	for _, test := range []struct {
		about, dtab string
		change      []change
		question    explain.Question
		want        string
	}{
		{"several namers", "/svc => /#/fake/none | /#/fake", []change{twoMoreNamers}, explain.Question{Name: "/svc/web"}, `
router      outgoing, server 127.0.0.1/4140
name        /svc/web

/svc/web
  /svc => /#/fake/none | /#/fake              router's dtab, entry 1
    passed over: /#/fake/none/web
        namer /#/fake has no such name
        namer /#/fake has no such name
        namer /#/fake has no such name
/#/fake/web
  namer /#/fake has no such name
  namer /#/fake has no such name
  namer /#/fake has it
  /#/fake/web: 2 addresses

requests go to
    100 %  /#/fake/web
              50 %  10.0.0.1:80
              50 %  10.0.0.2:80

Requests for this name are sent.
`},
		{"a namer that fails keeps others from being tried", "/svc => /#/fake ; /svc => /#/fake/broken", nil, explain.Question{Name: "/svc/web"}, `
router      outgoing, server 127.0.0.1/4140
name        /svc/web

/svc/web
  /svc => /#/fake/broken                      router's dtab, entry 2
  not reached: /svc => /#/fake                router's dtab, entry 1
      would be /#/fake/web
/#/fake/broken/web
  namer /#/fake failed: out of order

because  /#/fake/broken/web: namer /#/fake failed: out of order
Requests for this name are not sent: the hop answers 502 out of order
`},
		{"what a namer says", "/svc => /#/fake/none | /#/fake/nobody & /#/fake/failing", nil, explain.Question{Name: "/svc"}, `
router      outgoing, server 127.0.0.1/4140
name        /svc

/svc
  /svc => /#/fake/none | /#/fake/nobody & /#/fake/failing  router's dtab, entry 1
    passed over: /#/fake/none
        namer /#/fake has no such name
  100 % to /#/fake/nobody
      namer /#/fake says that nobody is there
  left out: /#/fake/failing
      namer /#/fake says to fail

requests go to
    100 %  nowhere                            502 Unable to route request!

because  /#/fake/nobody: namer /#/fake says that nobody is there
Requests for this name are not sent: the hop answers 502 Unable to route request!
`},
		{"a rule that leaves a name to its namer", "/svc => /#/fake ; /#/fake/web => ~", nil, explain.Question{Name: "/svc/web"}, `
router      outgoing, server 127.0.0.1/4140
name        /svc/web

/svc/web
  /svc => /#/fake                             router's dtab, entry 1
/#/fake/web
  passed over: /#/fake/web => ~               router's dtab, entry 2
      ~ is no such name
  namer /#/fake has it
  /#/fake/web: 2 addresses

requests go to
    100 %  /#/fake/web
              50 %  10.0.0.1:80
              50 %  10.0.0.2:80

Requests for this name are sent.
`},
		{"a transformer that leaves nothing", "/svc => /#/fake", []change{withLocalhost}, explain.Question{Name: "/svc/web"}, `
router      outgoing, server 127.0.0.1/4140
name        /svc/web

/svc/web
  /svc => /#/fake                             router's dtab, entry 1
/#/fake/web
  namer /#/fake has it
  /#/fake/web: 2 addresses
  SubnetLocalTransformer leaves none of the addresses of /#/fake/web
  /%/io.l5d.localhost/#/fake/web has no addresses
  then PortTransformer
  /%/io.l5d.port/4141/%/io.l5d.localhost/#/fake/web has no addresses

requests go to
    100 %  /%/io.l5d.port/4141/%/io.l5d.localhost/#/fake/web
           /%/io.l5d.port/4141/%/io.l5d.localhost/#/fake/web has no addresses

because  SubnetLocalTransformer leaves none of the addresses of /#/fake/web
Requests for this name are not sent: the hop answers 502 Unable to route request!
`},
		{"a transformer that replaces everything", "/svc => /#/fake/none | ~", []change{withConst}, explain.Question{Name: "/svc/web"}, `
router      outgoing, server 127.0.0.1/4140
name        /svc/web

/svc/web
  /svc => /#/fake/none | ~                    router's dtab, entry 1
    passed over: /#/fake/none/web
        namer /#/fake has no such name
    passed over: ~
        ~ is no such name
  then ConstTransformer
  /%/const/#/fake/v2: 1 address

requests go to
    100 %  /%/const/#/fake/v2
             100 %  10.0.2.1:80

Requests for this name are sent.
`},
		{"a transformer that replaces a set", "/svc => /#/fake", []change{withConst, withLocalhost}, explain.Question{Name: "/svc/web"}, `
router      outgoing, server 127.0.0.1/4140
name        /svc/web

/svc/web
  /svc => /#/fake                             router's dtab, entry 1
/#/fake/web
  namer /#/fake has it
  /#/fake/web: 2 addresses
  then ConstTransformer
  /%/const/#/fake/v2: 1 address
  SubnetLocalTransformer leaves none of the addresses of /%/const/#/fake/v2
  /%/io.l5d.localhost/%/const/#/fake/v2 has no addresses
  then PortTransformer
  /%/io.l5d.port/4141/%/io.l5d.localhost/%/const/#/fake/v2 has no addresses

requests go to
    100 %  /%/io.l5d.port/4141/%/io.l5d.localhost/%/const/#/fake/v2
           /%/io.l5d.port/4141/%/io.l5d.localhost/%/const/#/fake/v2 has no addresses

because  SubnetLocalTransformer leaves none of the addresses of /%/const/#/fake/v2
Requests for this name are not sent: the hop answers 502 Unable to route request!
`},
		{"a status", "/svc => /$/status", []change{withStatus}, explain.Question{Name: "/svc/404/x"}, `
router      outgoing, server 127.0.0.1/4140
name        /svc/404/x

/svc/404/x
  /svc => /$/status                           router's dtab, entry 1
/$/status/404/x
  namer /$/status has it
  /$/status/404: 1 address

requests go to
    100 %  /$/status/404                      residual /x
             100 %  status 404

Requests for this name are answered with status 404.
`},
		{"clearContext", "/svc => /#/fake", []change{clearing}, explain.Question{URL: "none/", Headers: []string{"l5d-dtab: /svc => /#/fake/web"}}, `
router      outgoing, server 127.0.0.1/4140
request     GET / HTTP/1.1, Host: none
its dtab    ignored: the server has clearContext
identifier  io.l5d.header.token Host says /none
name        /svc/none

/svc/none
  /svc => /#/fake                             router's dtab, entry 1
/#/fake/none
  namer /#/fake has no such name

requests go to
    100 %  nowhere                            502 Unable to route request!

because  /#/fake/none: namer /#/fake has no such name
The request is not sent: the hop answers 502 Unable to route request! (and the caller gets no
    message: clearContext)
`},
		{"the interpreter's own dtab", "/svc => /srv", []change{func(c *resolve.Config, _ *router.Config, _ *proxy.Config) {
			c.Base = resolve.Const(resolve.MustDtab("/other => ! ; /srv => /#/fake ; /svc => /nowhere"))
		}}, explain.Question{Name: "/svc/web"}, `
router      outgoing, server 127.0.0.1/4140
name        /svc/web

/svc/web
  /svc => /srv                                router's dtab, entry 1
  not reached: /svc => /nowhere               interpreter's dtab, entry 3
/srv/web
  /srv => /#/fake                             interpreter's dtab, entry 2
/#/fake/web
  namer /#/fake has it
  /#/fake/web: 2 addresses

requests go to
    100 %  /#/fake/web
              50 %  10.0.0.1:80
              50 %  10.0.0.2:80

Requests for this name are sent.
`},
		{"an interpreter whose own dtab is broken", "/svc => /srv", []change{func(c *resolve.Config, _ *router.Config, _ *proxy.Config) {
			c.Base = resolve.FailedActivity[resolve.Dtab](errTest)
		}}, explain.Question{Name: "/svc/web"}, `
router      outgoing, server 127.0.0.1/4140
name        /svc/web

/svc/web
  out of order

because  /svc/web: out of order
Requests for this name are not sent: the hop answers 502 out of order
`},
		{"an interpreter that does not explain", "/svc => /#/fake", []change{func(_ *resolve.Config, r *router.Config, _ *proxy.Config) {
			r.Interpreter = nowhere{}
		}}, explain.Question{Name: "/svc/web"}, `
router      outgoing, server 127.0.0.1/4140
name        /svc/web

incomplete: the router's interpreter does not tell how it looks names up

requests go to
    100 %  nowhere                            502 Unable to route request!

Requests for this name are not sent: the hop answers 502 Unable to route request!
`},
	} {
		t.Run(test.about, func(t *testing.T) {
			h := start(t, test.dtab, test.change...)
			got := text(t, h.ask(t, test.question, false))
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// nowhere is an interpreter to which no name means anything.
type nowhere struct{}

func (nowhere) Bind(resolve.Dtab, resolve.Path) *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
	return resolve.Const(resolve.NameTree[*resolve.Bound]{})
}

// TestLiveText: a running hop tells ages, what it keeps, and what it waits for.
func TestLiveText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := start(t, "/svc => /#/fake", func(_ *resolve.Config, r *router.Config, _ *proxy.Config) {
			r.NewTransport = func(resolve.Address, router.TransportConfig) http.RoundTripper { return refusing{} }
		})
		defer h.close(t)
		h.names.Stall("/stalled")
		keep := h.router.Interpreter().Bind(h.router.Dtab(), resolve.MustPath("/svc/stalled"))
		defer keep.Observe(func(resolve.State[resolve.NameTree[*resolve.Bound]]) {})()
		request := explain.Question{URL: "http://web/"}
		step := func(want string, q explain.Question) {
			t.Helper()
			if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), text(t, h.ask(t, q, true))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
		time.Sleep(90 * time.Second)
		step(`
router      outgoing, server 127.0.0.1/4140 (running)
name        /svc/stalled

/svc/stalled
  /svc => /#/fake                             router's dtab, entry 1
/#/fake/stalled
  namer /#/fake has not answered, asked 1m32s ago

incomplete: not every namer answered in time

because  /#/fake/stalled: namer /#/fake has not answered, asked 1m32s ago
Requests for this name are not sent: the hop answers 502 Exceeded 10.seconds binding timeout while
    resolving name: /svc/stalled (after 10s)
`, explain.Question{Name: "/svc/stalled"})

		// A request, whatever becomes of it, makes the router keep the name.
		if _, err := h.router.RoundTrip(h.requestFor(t, "web")); err == nil {
			t.Error("it was answered")
		}
		time.Sleep(1234 * time.Millisecond)
		step(`
router      outgoing, server 127.0.0.1/4140 (running)
request     GET / HTTP/1.1, Host: web
identifier  io.l5d.header.token Host says /web
name        /svc/web

/svc/web
  /svc => /#/fake                             router's dtab, entry 1
/#/fake/web
  namer /#/fake has it, as of 1s ago
  /#/fake/web: 2 addresses, as of 1m33s ago

requests go to (the router has this name in its cache)
    100 %  /#/fake/web                        1 request so far, 0 in flight
              50 %  10.0.0.1:80
              50 %  10.0.0.2:80

The request is sent.
`, request)

		h.names.Fail("/web", errTest)
		time.Sleep(50 * time.Millisecond)
		step(`
router      outgoing, server 127.0.0.1/4140 (running)
request     GET / HTTP/1.1, Host: web
identifier  io.l5d.header.token Host says /web
name        /svc/web

/svc/web
  /svc => /#/fake                             router's dtab, entry 1
/#/fake/web
  namer /#/fake failed, as of 50ms ago: out of order

requests go to (from the router's cache, which differs from what a look-up finds now)
    100 %  /#/fake/web                        1 request so far, 0 in flight
              50 %  10.0.0.1:80
              50 %  10.0.0.2:80

The request is sent.
`, request)
	})
}

// refusing is a transport whose replica refuses.
type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) { return nil, errTest }

// TestLongText: a long way is shortened, and so is a long page; a line breaks
// between words, and nothing that a file says reaches the terminal as control.
func TestLongText(t *testing.T) {
	var dtab, union strings.Builder
	for i := range 40 {
		fmt.Fprintf(&dtab, "/n%d => /n%d ;", i, i+1)
	}
	for i := range 300 {
		fmt.Fprintf(&union, "& /#/fake/s%d ", i)
	}
	h := start(t, dtab.String()+"/n40 => /#/fake/web ; /union => "+strings.TrimPrefix(union.String(), "&"))
	for i := range 300 {
		h.names.Bind(fmt.Sprintf("/s%d", i), "10.0.0.1:80")
	}
	h.names.Fail("/evil", fmt.Errorf("a\x1b[2Jb\nc\u009bd"))

	got := text(t, h.ask(t, explain.Question{Name: "/n0"}, false))
	for _, want := range []string{"/n7\n  /n7 => /n8  ", "\n... 31 more names ...\n/n39\n", "/n40\n", "/#/fake/web\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "/n8\n") {
		t.Errorf("it is not shortened:\n%s", got)
	}

	got = text(t, h.ask(t, explain.Question{Name: "/union"}, false))
	if !strings.Contains(got, "more lines, which the JSON form has\n") {
		t.Errorf("it is not shortened: %d lines", strings.Count(got, "\n"))
	}

	got = text(t, h.ask(t, explain.Question{Name: "/#/fake/evil"}, false))
	if !strings.Contains(got, "a?[2Jb?c?d") {
		t.Errorf("got %q", got)
	}

	got = text(t, h.ask(t, explain.Question{Name: "/svc", Headers: []string{"l5d-dtab: /svc => /abc" + strings.Repeat(" | /abcdefghij", 30)}}, false))
	for line := range strings.Lines(got) {
		if len(line) > 101 {
			t.Errorf("a line has %d columns: %s", len(line)-1, line)
		}
	}
}

// TestManyAddresses: the text shows the first ones.
func TestManyAddresses(t *testing.T) {
	h := start(t, "/svc => /#/fake")
	var addrs []string
	for i := range 30 {
		addrs = append(addrs, fmt.Sprintf("10.0.0.%d:80", i))
	}
	h.names.Bind("/many", addrs...)
	got := text(t, h.ask(t, explain.Question{Name: "/svc/many"}, false))
	if !strings.Contains(got, "           and 20 more\n") || strings.Count(got, "3.333 %") != 10 {
		t.Errorf("got\n%s", got)
	}
}

// TestUnresolvedHosts: why a set has no addresses, or not all, is told with it.
func TestUnresolvedHosts(t *testing.T) {
	h := start(t, "/svc => /#/fake")
	const why = "app01: no such host"
	for name, replicas := range map[string]resolve.Replicas{
		"none": {Neg: true, Unresolved: why},
		"some": {Addresses: []resolve.Address{{AddrPort: netip.MustParseAddrPort("10.0.0.1:80"), Weight: 1}}, Unresolved: why},
	} {
		h.names.SetReplicas("/"+name, resolve.State[resolve.Replicas]{Status: resolve.OK, Value: replicas})
		if got := text(t, h.ask(t, explain.Question{Name: "/svc/" + name}, false)); !strings.Contains(got, "("+why+")") {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}
