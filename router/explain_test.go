package router_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// shown is where requests go, by share.
func shown(e *routerview.Explanation) []string {
	var all []string
	for _, t := range e.Targets {
		text := fmt.Sprintf("%.4g %s %s", t.Share, t.Bound, t.Residual)
		for _, a := range t.Replicas.Value.Addresses {
			text += " " + a.AddrPort.String()
		}
		if t.Err != nil {
			text += ": " + asKind(t.Err)
		}
		all = append(all, text)
	}
	return all
}

func asKind(err error) string {
	if failed := (*router.Error)(nil); errors.As(err, &failed) {
		return failed.Kind.String()
	}
	return fmt.Sprint(err)
}

// TestExplainTargets: where requests go, and how many.
func TestExplainTargets(t *testing.T) {
	for _, test := range []struct {
		about, dtab string // the request's own; the name is /svc/web
		want        []string
		err         string
	}{
		{"one set", "", []string{"1 /#/fake/web / 10.0.0.1:80 10.0.0.2:80"}, ""},
		{"a residual", "/svc => /#/fake/one", []string{"1 /#/fake/one /web 10.0.1.1:80"}, ""},
		{"an override that is no name", "/svc/web => /#/fake/none", []string{"1 /#/fake/web / 10.0.0.1:80 10.0.0.2:80"}, ""},
		{"a union", "/svc/web => 3 * /#/fake/one & /#/fake/two", []string{"0.75 /#/fake/one / 10.0.1.1:80", "0.25 /#/fake/two / 10.0.2.1:80"}, ""},
		{"no weight, no requests", "/svc/web => 0 * /#/fake/one & 2 * /#/fake/two", []string{"1 /#/fake/two / 10.0.2.1:80"}, ""},
		{"no weight at all", "/svc/web => 0 * /#/fake/one & 0 * /#/fake/two", []string{"1 / /: no replicas"}, "no replicas"},
		{"Neg and Fail are left out", "/svc/web => 8 * /#/fake/none & 8 * ! & 3 * /#/fake/one & 1 * /#/fake/two",
			[]string{"0.75 /#/fake/one / 10.0.1.1:80", "0.25 /#/fake/two / 10.0.2.1:80"}, ""},
		{"Empty is not", "/svc/web => 3 * /#/fake/one & 1 * $", []string{"0.75 /#/fake/one / 10.0.1.1:80", "0.25 / /: no replicas"}, ""},
		{"unions in unions", "/svc/web => 3 * (3 * /#/fake/one & /#/fake/two) & /#/fake/one",
			[]string{"0.8125 /#/fake/one / 10.0.1.1:80", "0.1875 /#/fake/two / 10.0.2.1:80"}, ""},
		{"residuals are told apart", "/svc => /#/fake/one & /#/fake/one/more", []string{"0.5 /#/fake/one /web 10.0.1.1:80", "0.5 /#/fake/one /more/web 10.0.1.1:80"}, ""},
		{"nobody", "/svc/web => /#/fake/empty", []string{"1 /#/fake/empty /: no replicas"}, "no replicas"},
		{"broken addresses", "/svc/web => /#/fake/badset", []string{"1 /#/fake/badset /: binding"}, "binding"},
		{"some broken", "/svc/web => /#/fake/badset & /#/fake/one", []string{"0.5 /#/fake/badset /: binding", "0.5 /#/fake/one / 10.0.1.1:80"}, ""},
		{"Fail", "/svc/web => !", []string{"1 / /: no replicas"}, "no replicas"},
		{"a namer that fails", "/svc/web => /#/fake/broken", nil, "binding"},
		{"a circle", "/svc/web => /svc/web", nil, "binding"},
	} {
		t.Run(test.about, func(t *testing.T) {
			f := start(t)
			explainScene(f.names)
			e := f.View().ExplainName(t.Context(), resolve.MustPath("/svc/web"), resolve.MustDtab(test.dtab))
			if diff := cmp.Diff(test.want, shown(e)); diff != "" {
				t.Errorf("targets (-want +got):\n%s", diff)
			}
			if got := asKind(e.Err); e.Err != nil && got != test.err || e.Err == nil && test.err != "" {
				t.Errorf("error %v, want %q", e.Err, test.err)
			}
			f.isUntouched(t)

			// The request itself fares the same.
			r := request(t, "web")
			r.Header.Set("l5d-dtab", test.dtab)
			switch _, err := f.ask(r); {
			case slices.ContainsFunc(e.Targets, func(t routerview.Target) bool { return t.Err != nil }) && e.Err == nil:
				// It depends.
			case (err == nil) != (e.Err == nil), err != nil && asKind(err) != asKind(e.Err):
				t.Errorf("explained as %v, and it is %v", e.Err, err)
			}
		})
	}
}

func explainScene(n *resolvetest.Namer) {
	n.Bind("/web", "10.0.0.1:80", "10.0.0.2:80")
	n.Bind("/one", "10.0.1.1:80")
	n.Bind("/two", "10.0.2.1:80")
	n.Bind("/empty")
	n.SetReplicas("/badset", resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: errTest})
	n.Fail("/broken", errTest)
}

// isUntouched checks that nothing was counted or kept.
func (f *fixture) isUntouched(t testing.TB) {
	t.Helper()
	if s := f.Stats(); s != (router.Stats{}) {
		t.Errorf("an explanation leaves %+v", s)
	}
}

// TestExplainIdentification: what each identifier said.
func TestExplainIdentification(t *testing.T) {
	identifier := router.FirstOf(
		router.HeaderPath("l5d-name"),
		router.FirstOf(router.MethodAndHost(false), router.PathSegments(2, true)),
		router.Static(resolve.MustPath("/fallback")),
	)
	const name, method, path, static = "io.l5d.header l5d-name", "io.l5d.methodAndHost", "io.l5d.path 2, consumed", "io.l5d.static /fallback"
	for _, test := range []struct {
		about, request string
		want           []string
		name, target   string
		err            string
	}{
		{"the first", "GET / HTTP/1.1\nHost: web\nl5d-name: /a/b", []string{name + " says /a/b"}, "/svc/a/b", "/", ""},
		{"of a list in the list", "GET / HTTP/1.1\nHost: Web", []string{
			name + " declines: l5d-name header is absent", method + " says /1.1/GET/web"}, "/svc/1.1/GET/web", "/", ""},
		{"the next of that", "GET /x/y/z?q HTTP/1.1\nHost: ", []string{
			name + " declines: l5d-name header is absent", method + " declines: HTTP/1.1 request missing hostname", path + " says /x/y"}, "/svc/x/y", "/z?q", ""},
		{"the last", "GET /x HTTP/1.1\nHost: ", []string{
			name + " declines: l5d-name header is absent", method + " declines: HTTP/1.1 request missing hostname",
			path + " declines: not enough segments in path", static + " says /fallback"}, "/svc/fallback", "/x", ""},
		{"a failure ends it", "GET / HTTP/1.1\nHost: web\nl5d-name: x", []string{
			name + " fails: '/' expected but 'x' found at '[x]'"}, "/", "/", "identification"},
		{"a dtab that does not parse comes first", "GET / HTTP/1.1\nHost: web\nl5d-dtab: nope", nil, "/", "", "dtab"},
	} {
		t.Run(test.about, func(t *testing.T) {
			f := start(t, func(c *router.Config) { c.Interpreter, c.Identifier = anything(), identifier })
			in := incoming(t, test.request)
			before := in.URL.String()
			e := f.View().Explain(in)
			var got []string
			for _, i := range e.Identified {
				declined := (*router.UnidentifiedError)(nil)
				switch {
				case i.Err == nil:
					got = append(got, i.Identifier+" says "+i.Name.String())
				case errors.As(i.Err, &declined):
					got = append(got, i.Identifier+" declines: "+i.Err.Error())
				default:
					got = append(got, i.Identifier+" fails: "+i.Err.Error())
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("identifiers (-want +got):\n%s", diff)
			}
			if e.Dst.String() != test.name || e.Target != test.target {
				t.Errorf("name %s, sent as %s; want %s, %s", e.Dst, e.Target, test.name, test.target)
			}
			if e.Err == nil && test.err != "" || e.Err != nil && asKind(e.Err) != test.err {
				t.Errorf("error %v, want %q", e.Err, test.err)
			}
			if in.URL.String() != before {
				t.Errorf("the request's URL became %s", in.URL)
			}
			f.isUntouched(t)
		})
	}
	f := start(t, func(c *router.Config) {
		c.Identifier = identifierFunc(func(*http.Request) (resolve.Path, error) { return resolve.MustPath("/x"), nil })
	})
	if got := f.View().Explain(request(t, "web")).Identified[0].Identifier; got != "router_test.identifierFunc" {
		t.Errorf("an identifier without a String method is called %q", got)
	}
}

// TestExplainCached: what requests get is what the router keeps, whatever the
// namer says by now.
func TestExplainCached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t)
		defer f.Close()
		f.names.Bind("/web", "10.0.0.1:80")
		explained := func() *routerview.Explanation {
			synctest.Wait() // the router has seen what the namer says
			return f.View().Explain(request(t, "web"))
		}
		if e := explained(); e.Cached || e.Targets[0].Client != nil {
			t.Errorf("before the first request: cached %t, client %v", e.Cached, e.Targets[0].Client)
		}
		f.mustAsk(t, request(t, "web"))
		if e := explained(); !e.Cached || e.Targets[0].Client == nil || e.Targets[0].Client.Requests != 1 {
			t.Errorf("after it: cached %t, client %+v", e.Cached, e.Targets[0].Client)
		}
		other := request(t, "web")
		other.Header.Set("l5d-dtab", "/a => /b")
		if e := f.View().Explain(other); e.Cached || e.Targets[0].Client == nil {
			t.Errorf("with another dtab: cached %t, client %v", e.Cached, e.Targets[0].Client)
		}

		f.names.SetReplicas("/web", resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: errTest})
		if e := explained(); e.Err != nil || len(e.Targets[0].Replicas.Value.Addresses) != 1 || e.Delegation.Delegate.Bound.Addr.Sample().Err != errTest {
			t.Errorf("addresses that cannot be had any more: %v, %v", e.Err, shown(e))
		}
		f.names.Fail("/web", errTest)
		if e := explained(); e.Err != nil || len(e.Targets) != 1 || e.Delegation.Result.Status != resolve.Failed {
			t.Errorf("a name that cannot be looked up any more: %v, %v", e.Err, shown(e))
		}
		f.names.Remove("/web")
		if e := explained(); asKind(e.Err) != "no replicas" || !e.Cached {
			t.Errorf("a name that is gone: %v", e.Err)
		}
		if misses := f.Stats().Paths.Misses; misses != 1 {
			t.Errorf("%d names were kept, want one", misses)
		}
	})
}

// TestExplainUnionInCache: shares are those of the route that is kept.
func TestExplainUnionInCache(t *testing.T) {
	f := start(t, func(c *router.Config) {
		c.Dtab = resolve.MustDtab("/svc/web => 3 * /#/fake/one & (1 * /#/fake/two & 2 * $ & 0 * /#/fake/web)")
	})
	explainScene(f.names)
	_, _ = f.ask(request(t, "web"))
	e := f.View().Explain(request(t, "web"))
	want := []string{"0.75 /#/fake/one / 10.0.1.1:80", "0.08333 /#/fake/two / 10.0.2.1:80", "0.1667 / /: no replicas"}
	if diff := cmp.Diff(want, shown(e)); diff != "" || !e.Cached {
		t.Errorf("cached %t; (-want +got):\n%s", e.Cached, diff)
	}
}

// TestExplainWaits: for answers, but not longer than its context lasts, and an
// answer that does not come keeps none of the others away.
func TestExplainWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t)
		explainScene(f.names)
		f.names.Stall("/stalled")
		f.names.SetReplicas("/slow", resolve.State[resolve.Replicas]{})
		const patience = 2 * time.Second // longer than a union waits for one branch
		began := time.Now()
		for _, test := range []struct {
			dtab, err string
			want      []string
		}{
			{"/svc/web => /#/fake/stalled", "binding timeout", nil},
			{"/svc/web => /#/fake/slow", "binding timeout", []string{"1 /#/fake/slow /: binding timeout"}},
			{"/svc/web => /#/fake/one & /#/fake/stalled", "", []string{"1 /#/fake/one / 10.0.1.1:80"}},
			{"/svc/web => /#/fake/one | /#/fake/stalled", "", []string{"1 /#/fake/one / 10.0.1.1:80"}},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			e := f.View().ExplainName(ctx, resolve.MustPath("/svc/web"), resolve.MustDtab(test.dtab))
			cancel()
			if diff := cmp.Diff(test.want, shown(e)); diff != "" || e.Err != nil && asKind(e.Err) != test.err || e.Err == nil && test.err != "" {
				t.Errorf("%s: %v, (-want +got):\n%s", test.dtab, e.Err, diff)
			}
			if !errors.Is(e.Incomplete, context.DeadlineExceeded) {
				t.Errorf("%s: incomplete because of %v", test.dtab, e.Incomplete)
			}
			late := interface{ After() time.Duration }(nil)
			if errors.As(e.Err, &late) && late.After() != 10*time.Second {
				t.Errorf("%s: the limit is %s", test.dtab, late.After())
			}
		}
		if took := time.Since(began); took != 4*patience {
			t.Errorf("it took %s", took)
		}
		go func() {
			time.Sleep(time.Minute)
			f.names.Bind("/stalled", "10.0.3.1:80")
		}()
		e := f.View().ExplainName(t.Context(), resolve.MustPath("/svc/web"), resolve.MustDtab("/svc/web => /#/fake/stalled"))
		if e.Err != nil || e.Incomplete != nil {
			t.Errorf("%v, %v", e.Err, e.Incomplete)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestExplainWithoutDelegator: an interpreter that cannot explain still says
// what a name is bound to; and one whose explanation would be too much, too.
func TestExplainWithoutDelegator(t *testing.T) {
	f := start(t, func(c *router.Config) { c.Interpreter = struct{ resolve.Interpreter }{c.Interpreter} })
	explainScene(f.names)
	e := f.View().Explain(request(t, "web"))
	if diff := cmp.Diff([]string{"1 /#/fake/web / 10.0.0.1:80 10.0.0.2:80"}, shown(e)); diff != "" || e.Delegation != nil || e.Err != nil {
		t.Errorf("%v, %v, (-want +got):\n%s", e.Delegation, e.Err, diff)
	}
	if e := f.View().Explain(request(t, "nobody")); asKind(e.Err) != "no replicas" {
		t.Errorf("an absent name: %v", e.Err)
	}

	var doubles strings.Builder
	for i := range 30 {
		fmt.Fprintf(&doubles, "/n%d => /n%d | /n%d;", i, i+1, i+1)
	}
	big := start(t, func(c *router.Config) { c.Dtab = resolve.MustDtab("/svc/web => /n0 | /#/fake/one;" + doubles.String()) })
	explainScene(big.names)
	e = big.View().Explain(request(t, "web"))
	if diff := cmp.Diff([]string{"1 /#/fake/one / 10.0.1.1:80"}, shown(e)); diff != "" || e.Err != nil || e.Incomplete == nil {
		t.Errorf("%v, %v, (-want +got):\n%s", e.Incomplete, e.Err, diff)
	}
}

// following is an interpreter whose replica sets are known while their names are followed.
type following struct{ names int }

func (f *following) Bind(resolve.Dtab, resolve.Path) *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
	addr := resolve.SourceActivity(func(set func(resolve.State[resolve.Replicas])) func() {
		if f.names == 0 {
			set(resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: errTest})
		} else {
			set(resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Addresses: []resolve.Address{{AddrPort: netip.MustParseAddrPort("10.0.0.1:80"), Weight: 1}}}})
		}
		return func() {}
	})
	return resolve.SourceActivity(func(set func(resolve.State[resolve.NameTree[*resolve.Bound]])) func() {
		f.names++
		set(resolve.State[resolve.NameTree[*resolve.Bound]]{Status: resolve.OK, Value: resolve.LeafOf(&resolve.Bound{ID: resolve.MustPath("/#/own"), Addr: addr})})
		return func() { f.names-- }
	})
}

// TestExplainFollowsTheName: a name is followed until its replicas are known, like that of a
// request, and not longer.
func TestExplainFollowsTheName(t *testing.T) {
	in := new(following)
	f := start(t, func(c *router.Config) { c.Interpreter = in })
	e := f.View().Explain(request(t, "web"))
	if diff := cmp.Diff([]string{"1 /#/own / 10.0.0.1:80"}, shown(e)); diff != "" || e.Err != nil || in.names != 0 {
		t.Errorf("%v, %d are followed, (-want +got):\n%s", e.Err, in.names, diff)
	}
}

// TestExplainDtab: an explanation has the whole dtab, and its rules point into
// it.
func TestExplainDtab(t *testing.T) {
	f := start(t, func(c *router.Config) { c.DtabPlaces = []string{"f.yaml:1:2"} })
	explainScene(f.names)
	r := request(t, "web")
	r.Header.Set("l5d-ctx-dtab", "/svc/web => /one")
	r.Header.Set("l5d-dtab", "/one => /#/fake/one")
	e := f.View().Explain(r)
	if got, want := e.Dtab.String(), "/svc=>/#/fake;/svc/web=>/one;/one=>/#/fake/one"; got != want || e.Base != 1 {
		t.Errorf("dtab %s with %d entries of the router", got, e.Base)
	}
	if diff := cmp.Diff([]string{"f.yaml:1:2"}, e.Places); diff != "" {
		t.Error(diff)
	}
	var rules []int
	for d := e.Delegation.Branches[0]; d != nil; d = d.Delegate {
		rules = append(rules, slices.IndexFunc(e.Dtab, func(x resolve.Dentry) bool { return x.String() == d.Dentry.String() }))
		if &e.Dtab[rules[len(rules)-1]] != d.Dentry {
			t.Errorf("the rule %s is not that of the dtab", d.Dentry)
		}
	}
	if diff := cmp.Diff([]int{1, 2}, rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

func TestExplainAfterClose(t *testing.T) {
	f := start(t)
	explainScene(f.names)
	f.mustAsk(t, request(t, "web"))
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if e := f.View().Explain(request(t, "web")); e.Cached || e.Err != nil {
		t.Errorf("cached %t, %v", e.Cached, e.Err)
	}
}
