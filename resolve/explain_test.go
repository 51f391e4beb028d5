package resolve_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/brief"
	"github.com/meshhop/meshhop/internal/worlds"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/resolve/transform"
)

// textOf is the text of an explanation, with "now" for an age of 0s.
func textOf(t testing.TB, d *resolve.Delegation) string {
	t.Helper()
	var b strings.Builder
	if err := d.Text(&b); err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), " 0s ago", " now")
}

// TestTextOfStates: what is known of a replica set or a name, and by whom.
func TestTextOfStates(t *testing.T) {
	now := time.Now().Add(time.Hour) // ages are not below zero
	replicas := func(s resolve.State[resolve.Replicas]) *resolve.Bound {
		s.Since = now
		return &resolve.Bound{ID: resolve.MustPath("/#/n/x"), Addr: resolve.NewVar(s).Activity()}
	}
	known := func(r resolve.Replicas) *resolve.Bound {
		return replicas(resolve.State[resolve.Replicas]{Status: resolve.OK, Value: r})
	}
	addresses := func(n int) (all []resolve.Address) {
		for range n {
			all = append(all, resolve.Address{Status: 503})
		}
		return all
	}
	x, n := resolve.MustPath("/x"), resolve.MustPath("/#/n")
	rule := resolve.MustDtab("/x=>/y")[0]
	for _, c := range []struct {
		d    resolve.Delegation
		want string
	}{
		{resolve.Delegation{Op: resolve.Leaf, Bound: known(resolve.Replicas{})}, "/x: /#/n/x has no addresses, as of now"},
		{resolve.Delegation{Op: resolve.Leaf, Bound: known(resolve.Replicas{Neg: true, Unresolved: "a: no such host"})},
			"/x: /#/n/x has no such addresses (a: no such host), as of now"},
		{resolve.Delegation{Op: resolve.Leaf, Bound: replicas(resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: worlds.ErrBroken, Value: resolve.Replicas{Unresolved: "a: gone"}})},
			"/x: /#/n/x failed: broken, as of now"},
		{resolve.Delegation{Op: resolve.Leaf, Bound: known(resolve.Replicas{Addresses: addresses(5)})},
			"/x: /#/n/x at status 503, status 503, status 503, status 503, status 503, as of now"},
		{resolve.Delegation{Op: resolve.Leaf, Bound: known(resolve.Replicas{Addresses: addresses(6)})},
			"/x: /#/n/x at status 503, status 503, status 503, status 503, status 503, and 1 more, as of now"},
		{resolve.Delegation{Op: resolve.Leaf, Bound: known(resolve.Replicas{}), Source: "read from a file"}, "/x: /#/n/x has no addresses, as of now; read from a file"},
		{resolve.Delegation{Transformer: "T", Delegate: &resolve.Delegation{Op: resolve.Empty}}, "/x: no replicas; then T\n  /: exists and is empty"},
		{resolve.Delegation{Namer: n}, "/x: no such name, asked /#/n"},
		{resolve.Delegation{Namer: n, Answered: now}, "/x: no such name, said /#/n now"},
		{resolve.Delegation{Namer: n, Answered: now, Source: "of a table"}, "/x: no such name, said /#/n now; of a table"},
		{resolve.Delegation{Err: worlds.ErrBroken, Dentry: &rule}, "/x (/x=>/y): broken"},
		{resolve.Delegation{Op: resolve.Fail}, "/x: told to fail"},
	} {
		c.d.Path = x
		if diff := cmp.Diff(c.want, textOf(t, &c.d)); diff != "" {
			t.Error(diff)
		}
	}
}

// TestTextIsBounded: an explanation has at most 40 lines and about 4 KiB, and says how
// many lines are left out. Of a name, a rule and a line it has the beginning.
func TestTextIsBounded(t *testing.T) {
	of := func(names ...string) *resolve.Delegation {
		d := &resolve.Delegation{Path: resolve.MustPath("/x"), Op: resolve.Alt}
		for _, name := range names {
			d.Branches = append(d.Branches, &resolve.Delegation{Path: resolve.MustPath(name)})
		}
		return d
	}
	many := func(n int) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprintf("/%d", i))
		}
		return names
	}
	for _, c := range []struct {
		names int
		last  string
	}{{38, "  /37: no such name"}, {39, "  /38: no such name"}, {40, "... and 1 more"}, {1000, "... and 961 more"}} {
		text := textOf(t, of(many(c.names)...))
		lines := strings.Split(text, "\n")
		if last := lines[len(lines)-1]; last != c.last || len(lines) != min(c.names+1, 41) {
			t.Errorf("%d names have %d lines; the last is %q, want %q", c.names, len(lines), last, c.last)
		}
	}
	long := func(n int) string { return "/" + strings.Repeat("y", n-1) }
	if text := textOf(t, of(long(500), long(501))); text != "/x: the first of\n  "+long(500)+": no such name\n  "+long(500)+"...: no such name" {
		t.Errorf("names of 500 and 501 bytes: %s", text)
	}
	rules := resolve.MustDtab("/z=>" + long(496) + ";/z=>" + long(497))
	d := of("/a", "/b")
	d.Branches[0].Dentry, d.Branches[1].Dentry = &rules[0], &rules[1]
	if text := textOf(t, d); text != "/x: the first of\n  /a ("+rules[0].String()+"): no such name\n  /b ("+rules[0].String()+"...): no such name" {
		t.Errorf("rules of 500 and 501 bytes: %s", text)
	}
	// A line with its indentation and its end is about 1503 bytes long.
	failing := func(n int) *resolve.Delegation {
		d := of("/a", "/b", "/c", "/d")
		d.Branches[0].Err = fmt.Errorf("%s", strings.Repeat("e", n-len("/a: ")))
		d.Branches[1].Err, d.Branches[2].Err = d.Branches[0].Err, d.Branches[0].Err
		return d
	}
	whole := failing(1500)
	if text := textOf(t, whole); !strings.HasPrefix(text, "/x: the first of\n  /a: "+whole.Branches[0].Err.Error()+"\n") {
		t.Errorf("a line of 1500 bytes: %s", text)
	}
	if text := textOf(t, failing(1501)); !strings.HasPrefix(text, "/x: the first of\n  /a: "+whole.Branches[0].Err.Error()+"...\n") {
		t.Errorf("a line of 1501 bytes: %s", text)
	}
	if text := textOf(t, whole); !strings.HasSuffix(text, "\n... and 1 more") || strings.Count(text, "\n") != 4 {
		t.Errorf("after 4 KiB there is more: %s", text)
	}
}

// TestTextOfUnions: only the branches of a union have a share, and only in a union is it
// said what the union does about a name that is not known.
func TestTextOfUnions(t *testing.T) {
	pending := &resolve.Delegation{Path: resolve.MustPath("/w"), Pending: true, Err: worlds.ErrBroken, Namer: resolve.MustPath("/#/n"), Answered: time.Now().Add(time.Hour), Weight: 3}
	union := &resolve.Delegation{Path: resolve.MustPath("/u"), Op: resolve.Union, Weight: 2, Branches: []*resolve.Delegation{
		{Path: resolve.MustPath("/v"), Weight: 0.5, Op: resolve.Leaf, Delegate: pending}, pending,
	}}
	both := &resolve.Delegation{Path: resolve.MustPath("/x"), Op: resolve.Alt, Branches: []*resolve.Delegation{union, pending}}
	want := "/x: the first of\n" +
		"  /u: all of\n" +
		"    0.5 * /v\n" +
		"      /w: broken, asked /#/n now; the union waits for it\n" +
		"    3 * /w: broken, asked /#/n now; the union waits for it\n" +
		"  /w: broken, asked /#/n now"
	if diff := cmp.Diff(want, textOf(t, both)); diff != "" {
		t.Error(diff)
	}
}

// TestAges: the age of an answer is in milliseconds below a second, else in seconds.
func TestAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for age, want := range map[time.Duration]string{
			-time.Hour: "now", 0: "now", 1400 * time.Microsecond: "1ms ago", 999 * time.Millisecond: "999ms ago",
			time.Second: "1s ago", 1600 * time.Millisecond: "2s ago", 90*time.Second + time.Millisecond: "1m30s ago",
		} {
			d := resolve.Delegation{Path: resolve.MustPath("/x"), Namer: resolve.MustPath("/#/n"), Answered: time.Now().Add(-age)}
			if got := textOf(t, &d); got != "/x: no such name, said /#/n "+want {
				t.Errorf("after %v: %s, want %s", age, got, want)
			}
		}
	})
}

// TestSize: the size of an explanation is about the length of its JSON.
func TestSize(t *testing.T) {
	in, _ := delegator(t)
	for _, name := range []string{"/boo/humbug", "/two/r", "/no", "/#/n/ok", "/loop", "/absent"} {
		d, err := in.Delegate(t.Context(), resolve.MustDtab(delegatorDtab), resolve.MustPath(name))
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if size := d.Size(); size < len(text)/2 || size > 64+2*len(text) {
			t.Errorf("%s: the size is %d, its JSON has %d bytes", name, size, len(text))
		}
	}
	long := resolve.MustPath("/" + strings.Repeat("y", 1000))
	bound := func(n int) *resolve.Delegation {
		r := resolve.Replicas{Addresses: make([]resolve.Address, n)}
		return &resolve.Delegation{Path: long, Op: resolve.Leaf, Bound: &resolve.Bound{ID: long, Residual: long, Addr: resolve.Const(r)}}
	}
	rule := resolve.Dentry{Prefix: resolve.PrefixOf(long), Dst: resolve.LeafOf(long)}
	twice := &resolve.Delegation{Path: long, Op: resolve.Alt, Branches: []*resolve.Delegation{{Path: long, Dentry: &rule}, {Path: long, Dentry: &rule}}}
	for what, c := range map[string]struct {
		d    *resolve.Delegation
		want int
	}{
		"a replica set":          {bound(0), 3000},
		"one with 100 addresses": {bound(100), 3000 + 100*len(`{"ip":"invalid IP","port":0,"meta":{"endpoint_addr_weight":0.0}},`)},
		"a rule in two places":   {twice, 3000 + 2*2000},
	} {
		text, err := json.Marshal(c.d)
		if err != nil {
			t.Fatal(err)
		}
		if size := c.d.Size(); size < c.want || size > c.want+400 || len(text) < c.want || len(text) > c.want+400 {
			t.Errorf("%s: the size is %d and its JSON has %d bytes, want about %d", what, size, len(text), c.want)
		}
	}
}

// TestJSONOfNothing: a step without a replica set, and one that is not known, have a
// form too.
func TestJSONOfNothing(t *testing.T) {
	x := resolve.MustPath("/x")
	for _, c := range []struct {
		d    resolve.Delegation
		want string
	}{
		{resolve.Delegation{Path: x, Transformer: "T", Delegate: &resolve.Delegation{Path: x, Op: resolve.Empty}},
			`{"type":"transformation","path":"/x","name":"T","tree":{"type":"empty","path":"/x"}}`},
		{resolve.Delegation{Path: x, Op: resolve.Leaf, Bound: &resolve.Bound{ID: x, Addr: resolve.NewVar(resolve.State[resolve.Replicas]{}).Activity()}},
			`{"type":"leaf","path":"/x","bound":{"addr":{"type":"pending"},"id":"/x","path":"/"}}`},
		{resolve.Delegation{Path: x, Op: resolve.Fail}, `{"type":"fail","path":"!"}`},
		{resolve.Delegation{Path: resolve.MustPath("/$/fail"), Op: resolve.Fail}, `{"type":"fail","path":"/$/fail"}`},
		{resolve.Delegation{Path: resolve.MustPath("/$"), Op: resolve.Fail}, `{"type":"fail","path":"!"}`},
		{resolve.Delegation{Path: resolve.MustPath("/a/fail"), Op: resolve.Fail}, `{"type":"fail","path":"!"}`},
		{resolve.Delegation{Path: resolve.MustPath("/$/a"), Op: resolve.Fail}, `{"type":"fail","path":"!"}`},
		{resolve.Delegation{}, `{"type":"neg","path":"~"}`},
		{resolve.Delegation{Path: x}, `{"type":"neg","path":"/x"}`},
		{resolve.Delegation{Path: x, Explicit: true}, `{"type":"neg","path":"~"}`},
		{resolve.Delegation{Path: resolve.MustPath(`/a\x26b`)}, `{"type":"neg","path":"/\\x61\\x26\\x62"}`},
	} {
		if got, err := c.d.MarshalJSON(); err != nil || string(got) != c.want {
			t.Errorf("got  %s, %v\nwant %s", got, err, c.want)
		}
	}
}

// TestBriefly: for the text of an error a name is not followed beyond so many steps.
func TestBriefly(t *testing.T) {
	var chain strings.Builder
	for i := range 50 {
		fmt.Fprintf(&chain, "/c%d=>/c%d;", i, i+1)
	}
	d := resolve.MustDtab(chain.String() + "/c50=>/#/n/ok")
	in, _ := scene(t, resolve.Config{})
	whole, err := in.Delegate(t.Context(), d, resolve.MustPath("/c0"))
	if err != nil || whole.Truncated || strings.Contains(textOf(t, whole), "not followed") {
		t.Errorf("with all steps: %v\n%s", err, textOf(t, whole))
	}
	short, err := in.Delegate(brief.With(t.Context(), 40), d, resolve.MustPath("/c0"))
	if err != nil || !short.Truncated || !strings.HasSuffix(textOf(t, short), "not followed any further here") {
		t.Errorf("with few steps: %v\n%s", err, textOf(t, short))
	}
	if n := strings.Count(textOf(t, short), "\n"); n < 10 || n > 40 {
		t.Errorf("40 steps are %d lines", n)
	}
	enough, err := in.Delegate(brief.With(t.Context(), 1000), d, resolve.MustPath("/c0"))
	if err != nil || enough.Truncated {
		t.Errorf("with 1000 steps: %v\n%s", err, textOf(t, enough))
	}
}

// TestBrokenNamers: a namer that answers nothing, and one whose union has one branch,
// break no rule that somebody else relies on.
func TestBrokenNamers(t *testing.T) {
	in, err := resolve.New(resolve.Config{
		Namers: []resolve.Mount{
			{Prefix: resolve.MustPath("/#/nothing"), Namer: fixed{}},
			{Prefix: resolve.MustPath("/#/one"), Namer: fixed{resolve.Const(resolve.NameTree[resolve.Name]{
				Op: resolve.Union, Sub: []resolve.NameTree[resolve.Name]{{Op: resolve.Fail, Weight: 0.3}},
			})}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := worlds.BindNow(in, "", "/#/nothing/x"), "failed: resolve: Lookup of namer resolve_test.fixed returned nil for /x"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// In a union a Fail counts for nothing, but this is none.
	if got := worlds.BindNow(in, "", "/#/one"); got != "!" {
		t.Errorf("a union of one Fail is %s", got)
	}
}

// fixed is a namer with the same answer to everything.
type fixed struct {
	answer *resolve.Activity[resolve.NameTree[resolve.Name]]
}

func (f fixed) Lookup(resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	return f.answer
}

// TestTransformerThatLeadsToItself: it fails, and does not look itself up for ever.
func TestTransformerThatLeadsToItself(t *testing.T) {
	var n resolvetest.Namer
	n.Bind("/x", "127.0.0.1:80")
	in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{
		Prefix: resolve.MustPath("/#/n"), Namer: &n,
		Transformers: []resolve.Transformer{transform.Replace(resolve.MustPath("/#/n/x"), resolve.MustPath("/%/r"))},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	want := "failed: the path of a transformer leads back to that transformer, or through too many others"
	if got := worlds.BindNow(in, "", "/#/n/x"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestAnswerThatStopsBeingBound: what transformers make of an answer ends when the
// answer turns into names to look up, which transformers do not see.
func TestAnswerThatStopsBeingBound(t *testing.T) {
	var n resolvetest.Namer
	n.Bind("/x", "127.0.0.1:80")
	n.Bind("/y", "127.0.0.1:80")
	in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{
		Prefix: resolve.MustPath("/#/n"), Namer: &n, Transformers: []resolve.Transformer{transform.Port(1, resolve.MustPath("/%/1"))},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	defer in.Bind(nil, resolve.MustPath("/#/n/x")).Observe(func(s resolve.State[boundTree]) { got = append(got, worlds.ShowState(s)) })()
	n.Set("/x", "/#/n/y & /#/n/none")
	n.Set("/x", "~")
	n.Bind("/x")
	want := []string{"/%/1/#/n/x", "/%/1/#/n/y", "~", "/%/1/#/n/x"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestNames: of operators, statuses and errors.
func TestNames(t *testing.T) {
	for op, want := range map[resolve.Op]string{
		resolve.Neg: "Neg", resolve.Empty: "Empty", resolve.Fail: "Fail", resolve.Leaf: "Leaf", resolve.Alt: "Alt", resolve.Union: "Union", 99: "Op(?)",
	} {
		if op.String() != want {
			t.Errorf("got %s, want %s", op, want)
		}
	}
	for status, want := range map[resolve.Status]string{resolve.Pending: "pending", resolve.OK: "ok", resolve.Failed: "failed", 99: "status?"} {
		if status.String() != want {
			t.Errorf("got %s, want %s", status, want)
		}
	}
	denied := resolve.DeniedError{Entry: resolve.MustDtab("/svc=>/evil")[0], ID: resolve.MustPath("/$/inet/127.1/1")}
	if got, want := denied.Error(), "the entry /svc=>/evil of the request's dtab leads to /$/inet/127.1/1, where overrides may not lead"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
