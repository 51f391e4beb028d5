package router_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// bound is a tree whose leaves are replica sets of one address each, with the last label
// as the port.
func bound(tree string) resolve.NameTree[*resolve.Bound] {
	parsed, err := resolve.ParseTree(tree)
	if err != nil {
		panic(err)
	}
	return resolve.MapTree(parsed, func(id resolve.Path) *resolve.Bound {
		address := netip.MustParseAddrPort("10.0.0.1:" + id.Label(id.Len()-1))
		return &resolve.Bound{ID: id, Addr: resolve.Const(resolve.Replicas{Addresses: []resolve.Address{{AddrPort: address, Weight: 1}}})}
	})
}

// binding makes an interpreter bind every name to what the activity says.
func binding(a *resolve.Activity[resolve.NameTree[*resolve.Bound]]) func(*router.Config) {
	return func(c *router.Config) {
		c.Interpreter = interpreterFunc(func(resolve.Dtab, resolve.Path) *resolve.Activity[resolve.NameTree[*resolve.Bound]] { return a })
	}
}

// TestForeignTrees: an interpreter of the program's own may give alternates; the first
// that is not Neg counts, in requests and in explanations.
func TestForeignTrees(t *testing.T) {
	for tree, want := range map[string]string{
		"/1":                                     "1 /1 / 10.0.0.1:1",
		"/1 | /2":                                "1 /1 / 10.0.0.1:1",
		"~ | /2 | /3":                            "1 /2 / 10.0.0.1:2",
		"~ | $ | /3":                             "1 / /: no replicas",
		"~ | ~":                                  "1 / /: no replicas",
		"~":                                      "1 / /: no replicas",
		"1 * (~ | /4) & 0 * /5":                  "1 /4 / 10.0.0.1:4",
		"0 * /1 & 0 * /5":                        "1 / /: no replicas",
		"0 * (0 * /1 & 0 * /5) & (~ | (~ | /6))": "1 /6 / 10.0.0.1:6",
	} {
		f := start(t, binding(resolve.Const(bound(tree))))
		for _, cached := range []bool{false, true} {
			e := f.View().Explain(request(t, "web"))
			if got := strings.Join(shown(e), "; "); got != want || e.Cached != cached {
				t.Errorf("%s is explained as %s, want %s; cached: %v", tree, got, want, e.Cached)
			}
			got, err := f.ask(request(t, "web"))
			if err != nil && asKind(err) != "no replicas" || err == nil && !strings.HasSuffix(want, " "+got) || (err != nil) != strings.HasSuffix(want, "no replicas") {
				t.Errorf("%s: got %q, %v, want %s", tree, got, err, want)
			}
		}
	}
}

// TestSharesAddUp: also where rounding leaves nothing for the last branch.
func TestSharesAddUp(t *testing.T) {
	tree := resolve.UnionOf(bound("/1"), bound("/2"))
	tree.Sub[0].Weight, tree.Sub[1].Weight = 1, 5e-324
	f := start(t, binding(resolve.Const(tree)))
	for range 100 {
		if got := f.mustAsk(t, request(t, "web")); got != "10.0.0.1:1" {
			t.Fatalf("got %s", got)
		}
	}
}

// TestWhyTheNameIsNotKnown: the error of a name that is not known in time has the last
// thing that went wrong, as far as anything did.
func TestWhyTheNameIsNotKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		what := resolve.NewVar(resolve.State[resolve.NameTree[*resolve.Bound]]{})
		f := start(t, binding(what.Activity()), func(c *router.Config) { c.BindingTimeout = 1500 * time.Millisecond })
		defer f.Close()
		const text = "Exceeded 1.seconds+500.milliseconds binding timeout while resolving name: /svc/web"
		expect := func(err error, want string, why error) {
			t.Helper()
			failed := asError(t, err)
			late, ok := failed.Err.(interface {
				error
				Timeout() bool
			})
			if !ok || late.Error() != want || errors.Is(late, errTest) != (why != nil) || !late.Timeout() {
				t.Errorf("%v, want %s", err, want)
			}
			if failed.Kind != router.BindingTimeout || failed.Dst.String() != "/svc/web" {
				t.Errorf("%+v", failed)
			}
		}
		expect(f.failure(t, request(t, "web")), text, nil)
		what.SetState(resolve.State[resolve.NameTree[*resolve.Bound]]{Err: errTest})
		expect(f.failure(t, request(t, "web")), text+" (out of order)", errTest)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		e := f.View().Explain(with(ctx, request(t, "web")))
		expect(e.Err, text+" (out of order)", errTest)
		if !e.Cached || e.Targets != nil || ctx.Err() == nil {
			t.Errorf("cached %v, targets %v, %v", e.Cached, shown(e), ctx.Err())
		}

		what.SetState(resolve.State[resolve.NameTree[*resolve.Bound]]{Status: resolve.Failed, Err: errTest})
		for _, err := range []error{f.failure(t, request(t, "web")), f.View().Explain(request(t, "web")).Err} {
			if failed := asError(t, err); failed.Kind != router.BindingFailed || failed.Err != errTest || failed.Dst.String() != "/svc/web" {
				t.Errorf("after a failure: %+v", failed)
			}
		}
		// What a name meant before it failed it goes on to mean, and a name that never
		// meant anything means something once it can be looked up.
		what.SetState(resolve.State[resolve.NameTree[*resolve.Bound]]{Status: resolve.OK, Value: bound("/1")})
		what.SetState(resolve.State[resolve.NameTree[*resolve.Bound]]{Status: resolve.Failed, Err: errTest})
		if got := f.mustAsk(t, request(t, "web")); got != "10.0.0.1:1" {
			t.Errorf("got %s", got)
		}
	})
}

// refusing is a server that refuses names.
type refusing struct{ err error }

func (r refusing) Named(resolve.Path, string) error { return r.err }

// TestExplainRefused: what becomes of a request for whose name or dtab it is refused.
func TestExplainRefused(t *testing.T) {
	own := &router.Listeners{}
	own.Add(&net.TCPAddr{Port: 4140})
	f := start(t, func(c *router.Config) { c.Listeners = own })
	f.names.Bind("/web", "10.0.0.1:80")
	f.names.Bind("/other", "10.0.0.2:80")
	f.names.Bind("/self", "127.0.0.1:4140", "127.0.0.2:4140")
	f.names.Bind("/mixed", "127.0.0.1:4140", "10.0.0.3:80", "127.0.0.2:4140")
	deny := &router.Overrides{Deny: []resolve.Prefix{resolve.PrefixOf(resolve.MustPath("/#/fake/other"))}}
	refuse := &router.Overrides{Deny: deny.Deny, Refuse: true}
	for _, row := range []struct {
		about, dtab string
		in          inbound.Request
		want, err   string
	}{
		{"nothing", "", inbound.Request{}, "1 /#/fake/web / 10.0.0.1:80", ""},
		{"a passage", "", inbound.Request{Passage: refusing{}}, "1 /#/fake/web / 10.0.0.1:80", ""},
		{"a passage that refuses", "", inbound.Request{Passage: refusing{errTest}}, "", "loop"},
		{"no rules", "/svc/web => /#/fake/other", inbound.Request{}, "1 /#/fake/other / 10.0.0.2:80", ""},
		{"rules", "/svc/web => /#/fake/other", inbound.Request{Overrides: deny}, "1 /#/fake/web / 10.0.0.1:80", ""},
		{"rules that refuse", "/svc/web => /#/fake/other", inbound.Request{Overrides: refuse}, "", "forbidden"},
		{"this process", "/svc/web => /#/fake/self", inbound.Request{}, "1 /#/fake/self / 127.0.0.1:4140 127.0.0.2:4140: forbidden", "forbidden"},
		{"this process and another", "/svc/web => /#/fake/mixed", inbound.Request{}, "1 /#/fake/mixed / 127.0.0.1:4140 10.0.0.3:80 127.0.0.2:4140", ""},
		{"this process in a part", "/svc/web => /#/fake/self & /#/fake/web", inbound.Request{},
			"0.5 /#/fake/self / 127.0.0.1:4140 127.0.0.2:4140: forbidden; 0.5 /#/fake/web / 10.0.0.1:80", ""},
	} {
		row.in.SetDtab(resolve.MustDtab(row.dtab))
		r := request(t, "web")
		ctx := &inbound.Context{Context: r.Context(), Request: &row.in}
		e := f.View().Explain(r.WithContext(ctx))
		err := ""
		if e.Err != nil {
			err = asKind(e.Err)
		}
		if got := strings.Join(shown(e), "; "); got != row.want || err != row.err {
			t.Errorf("%s: %s, %q; want %s, %q", row.about, got, err, row.want, row.err)
		}
		if row.in.Passage != nil {
			continue // which only requests have
		}
		e = f.View().ExplainName(ctx, resolve.MustPath("/svc/web"), row.in.Dtab)
		if got := strings.Join(shown(e), "; "); got != row.want || e.Err == nil && row.err != "" || e.Err != nil && asKind(e.Err) != row.err {
			t.Errorf("%s by name: %s, %v; want %s, %q", row.about, got, e.Err, row.want, row.err)
		}
	}
	f.isUntouched(t)
}

// TestWhatIsLeftOut: a request's own entries that may not lead where they lead are told,
// up to a bound, and not sent on; the others are.
func TestWhatIsLeftOut(t *testing.T) {
	var sent string
	f := start(t, over(func(r *http.Request) (*http.Response, error) {
		sent = strings.Join(r.Header["L5d-Ctx-Dtab"], "|")
		return answer(200, ""), nil
	}))
	f.names.Bind("/web", "10.0.0.1:80")
	f.names.Bind("/other", "10.0.0.2:80")
	rules := &router.Overrides{Deny: []resolve.Prefix{resolve.PrefixOf(resolve.MustPath("/#/fake/other"))}}
	long := "/y" + strings.Repeat("y", 1000)
	for _, row := range []struct{ dtab, sent, explained string }{
		{"/a => /b; /svc/web => /#/fake/other; /c => /d", "/a=>/b;/c=>/d", "/svc/web=>/#/fake/other leads to /#/fake/other"},
		{"/svc/none => /a & /b; /a => /#/fake/other; /x => /y; /b => /#/fake/other", "/svc/none=>/a & /b;/x=>/y",
			"/a=>/#/fake/other leads to /#/fake/other; /b=>/#/fake/other leads to /#/fake/other"},
		{"/svc/none => /a & " + long + "; /a => /#/fake/other; " + long + " => /#/fake/other", "/svc/none=>/a & " + long,
			("/a=>/#/fake/other leads to /#/fake/other; " + long)[:1000]},
	} {
		in := &inbound.Request{Overrides: rules}
		in.SetDtab(resolve.MustDtab(row.dtab))
		r := request(t, strings.Trim(strings.Split(strings.Split(row.dtab, "/svc/")[1], "=")[0], " "))
		r = r.WithContext(&inbound.Context{Context: r.Context(), Request: in})
		if got := f.View().Explain(r).SentDtab().String(); got != row.sent {
			t.Errorf("%.60s: an explanation says that %s is sent on, want %s", row.dtab, got, row.sent)
		}
		_, err := f.ask(r)
		if strings.Contains(row.dtab, "& ") { // what is left of these entries leads nowhere
			if failed := asError(t, err); failed.Kind != router.NoReplicas {
				t.Fatal(err)
			} else if got, _, _ := strings.Cut(failed.Explained, "\n"); got != "left out, as overrides may not lead there: "+row.explained {
				t.Errorf("%.60s: %s", row.dtab, got)
			}
			continue
		}
		if err != nil || sent != row.sent {
			t.Errorf("%.60s: sent on is %s, %v; want %s", row.dtab, sent, err, row.sent)
		}
	}
	if got, want := f.Stats().LeftOut, uint64(1); got < want {
		t.Errorf("%d entries were left out", got)
	}
}

// TestListenerErrors: the error says which entry leads to which address.
func TestListenerErrors(t *testing.T) {
	own := &router.Listeners{}
	own.Add(&net.TCPAddr{Port: 4140})
	(&router.Listeners{}).Add((*net.TCPAddr)(nil))() // no address is none
	f := start(t, func(c *router.Config) { c.Listeners = own })
	f.names.Bind("/self", "127.0.0.1:4140")
	failed := f.failure(t, withDtab(request(t, "web"), "/svc/web => /#/fake/self"))
	if want := "the entry /svc/web=>/#/fake/self of the request's dtab leads to 127.0.0.1:4140, where this proxy itself listens"; failed.Err.Error() != want {
		t.Errorf("%v, want %s", failed.Err, want)
	}
	if want := "router: forbidden of /svc/web as /#/fake/self at 127.0.0.1:4140: " + failed.Err.Error(); failed.Error() != want {
		t.Errorf("%v, want %s", failed, want)
	}
}

// TestForeignResponses: a stage may leave out of a response what need not be there, and
// may not pass on what is no request.
func TestForeignResponses(t *testing.T) {
	var l log
	f := start(t, witnessed(&l, func(a, _, _ *witness) {
		a.does = func(*http.Request, http.RoundTripper) (*http.Response, error) {
			return &http.Response{StatusCode: 418}, nil
		}
	}))
	resp, err := f.RoundTrip(request(t, "web"))
	if err != nil || resp.StatusCode != 418 || resp.Header.Get("l5d-success-class") != "1.0" || resp.Body == nil {
		t.Fatalf("%+v, %v", resp, err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	for what, passed := range map[string]*http.Request{"no request": nil, "a request without a URL": {}} {
		f := start(t, witnessed(&l, func(_, b, _ *witness) {
			b.does = func(_ *http.Request, next http.RoundTripper) (*http.Response, error) { return next.RoundTrip(passed) }
		}))
		failed := f.failure(t, request(t, "web"))
		if failed.Kind != router.StageFailed || failed.Err.Error() != "the stage passed on a request without a URL" || failed.Dst.String() != "/svc/web" {
			t.Errorf("%s: %v", what, failed)
		}
		if s := f.Stats(); s.Pending != 0 || s.Failures != 1 {
			t.Errorf("%s: %+v", what, s)
		}
	}
}

func netAddr(text string) netip.AddrPort { return netip.MustParseAddrPort(text) }

// TestRulesWithoutADtab: requests that bring no dtab share what is known of a name, whatever
// rules there are for dtabs.
func TestRulesWithoutADtab(t *testing.T) {
	f := start(t)
	f.names.Bind("/web", "10.0.0.1:80")
	for _, rules := range []*router.Overrides{{}, {Refuse: true}, nil} {
		in := &inbound.Request{Overrides: rules}
		r := request(t, "web")
		f.mustAsk(t, r.WithContext(&inbound.Context{Context: r.Context(), Request: in}))
	}
	if s := f.Stats(); s.Paths.Misses != 1 || s.Paths.Size != 1 {
		t.Errorf("%+v", s.Paths)
	}
}
