package resolve_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/inet"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

type boundTree = resolve.NameTree[*resolve.Bound]

var errBroken = errors.New("broken")

// scene has names for all that a namer can answer.
func scene(t testing.TB, c resolve.Config) (*resolve.DefaultInterpreter, *resolvetest.Namer) {
	t.Helper()
	var n resolvetest.Namer
	for _, name := range []string{"/ok", "/blah", "/FOO", "/foo", "/bar", "/b1", "/b2"} {
		n.Bind(name, "127.0.0.1:80")
	}
	n.Fail("/failed", errBroken)
	n.Fail("/failed2", errors.New("broken too"))
	n.Stall("/pending")
	c.Namers = append(c.Namers, resolve.Mount{Prefix: resolve.MustPath("/#/n"), Namer: &n})
	hosts, err := inet.New(inet.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c.Utilities = map[string]resolve.Namer{"inet": hosts}
	in, err := resolve.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return in, &n
}

// show gives a bound tree with IDs, and residuals in brackets.
func show(t boundTree) string {
	var residuals []string
	text := resolve.ShowTree(resolve.MapTree(t, func(b *resolve.Bound) resolve.Path {
		if !b.Residual.IsEmpty() {
			residuals = append(residuals, b.Residual.String())
		}
		return b.ID
	}))
	if residuals != nil {
		text += " " + fmt.Sprint(residuals)
	}
	return text
}

func showState(s resolve.State[boundTree]) string {
	switch s.Status {
	case resolve.Pending:
		return "pending"
	case resolve.Failed:
		return "failed: " + s.Err.Error()
	}
	return show(s.Value)
}

// bindNow gives the first outcome of binding; the namers here answer at once.
func bindNow(in resolve.Interpreter, dtab, name string) string {
	a := in.Bind(resolve.MustDtab(dtab), resolve.MustPath(name))
	defer a.Observe(func(resolve.State[boundTree]) {})()
	return showState(a.Sample())
}

func TestBind(t *testing.T) {
	for _, c := range []struct {
		vector      string
		dtab, name  string
		want        string
		depth       int
		description string
	}{
		{vector: "72", dtab: "/s=>/#/n/ok & ~ & /#/n/blah & $", name: "/s", want: "/#/n/ok & /#/n/blah & $"},
		{vector: "73", dtab: "/s=>~ | $ | /#/n/blah", name: "/s", want: "$"},
		{vector: "73", dtab: "/s=>$ & $ & $", name: "/s", want: "$ & $ & $"},
		{vector: "74", dtab: "/s=>! | /#/n/ok", name: "/s", want: "!"},
		{vector: "74", dtab: "/s=>! & ! & !", name: "/s", want: "~"},
		{vector: "74", dtab: "/s=>~ & ~ & (~ | ~)", name: "/s", want: "~"},
		{vector: "75", dtab: "/s=>/#/n/ok & !", name: "/s", want: "/#/n/ok"},
		{vector: "75", dtab: "/s=>(~|$|/#/n/foo) & (/#/n/bar|/#/n/blah) & ~ & /#/n/FOO", name: "/s", want: "$ & /#/n/bar & /#/n/FOO"},
		{vector: "76", dtab: "/foo/bar=>/bar/foo;/bar/foo=>/foo/bar", name: "/foo/bar", want: "failed: Max recursion level: 100 reached in Namer lookup"},
		{vector: "77", dtab: "/s => /s/srv", name: "/s", depth: 2, want: "failed: Max recursion level: 2 reached in Namer lookup"},
		{vector: "78", dtab: "/s=>(! | /t);/t=>/#/n/ok", name: "/s", want: "!"},
		{vector: "78", dtab: "/s=>(~ | /$/fail | /t);/t=>/#/n/ok", name: "/s", want: "!"},
		{vector: "78", dtab: "/s=>(/$/nil | /$/fail | /t);/t=>/#/n/ok", name: "/s", want: "$"},
		{vector: "79", dtab: "/s=>/#/n/ok & /#/n/pending", name: "/s", want: "/#/n/ok"},
		{vector: "79", dtab: "/s=>/#/n/ok & /#/n/missing", name: "/s", want: "/#/n/ok"},
		{vector: "79", dtab: "/s=>/#/n/failed & /#/n/ok", name: "/s", want: "/#/n/ok"},
		{vector: "79", dtab: "/s=>/#/n/failed & /#/n/failed2", name: "/s", want: "failed: broken"},
		{vector: "79", dtab: "/s=>~ & /#/n/missing", name: "/s", want: "~"},
		{vector: "79", dtab: "/s=>$ & ~", name: "/s", want: "$"},
		{vector: "80", name: "/$/inet/1234/foobar", want: "/$/inet/1234 [/foobar]"},
		{vector: "80", name: "/$/inet/127.0.0.1/1234", want: "/$/inet/127.0.0.1/1234"},
		{vector: "80", name: "/$/inet", want: "failed: Unknown namer: inet for path: /$/inet (want a host and a port from 1 to 65535, or a port)"},
		{vector: "81", name: "/$/fail/foo/bar", want: "!"},
		{vector: "81", name: "/$/nil/foo/bar", want: "$"},
		{vector: "81", name: "/foo/bar", want: "~"},

		{description: "all branches pending", dtab: "/s=>/#/n/pending & /#/n/pending/x", name: "/s", want: "pending"},
		{description: "pending and failed", dtab: "/s=>/#/n/pending & /#/n/failed", name: "/s", want: "failed: broken"},
		{description: "a pending alternate blocks", dtab: "/s=>/#/n/pending | /#/n/ok", name: "/s", want: "pending"},
		{description: "a failed alternate fails", dtab: "/s=>/#/n/failed | /#/n/ok", name: "/s", want: "failed: broken"},
		{description: "a missing alternate is passed over", dtab: "/s=>/#/n/missing | /#/n/ok", name: "/s/rest", want: "/#/n/ok [/rest]"},
		{description: "weights are kept", dtab: "/s=>0.9*/#/n/b1 & 0.1*/#/n/b2", name: "/s", want: "0.9*/#/n/b1 & 0.1*/#/n/b2"},
		{description: "what is left of a union loses its weight", dtab: "/s=>0.9*/#/n/b1 & 0.1*/#/n/missing", name: "/s", want: "/#/n/b1"},
		{description: "an override falls back", dtab: "/s=>/#/n/ok;/s=>/#/n/missing", name: "/s", want: "/#/n/ok"},
		{description: "an override wins", dtab: "/s=>/#/n/ok;/s=>/#/n/b1", name: "/s", want: "/#/n/b1"},
		{description: "the dtab is asked before namers", dtab: "/#/n=>/$/inet/127.1", name: "/#/n/80", want: "/$/inet/127.1/80"},
		{description: "the dtab is asked before utilities", dtab: "/$/inet=>/#/n", name: "/$/inet/ok", want: "/#/n/ok"},
		{description: "a rule of Neg leaves the name to the namers", dtab: "/#/n/ok=>~", name: "/#/n/ok", want: "/#/n/ok"},
		{description: "unknown utility", name: "/$/some.java.Class/x", want: "failed: Unknown namer: some.java.Class for path: /$/some.java.Class/x (known are fail, inet, nil)"},
		{description: "nothing below /$", name: "/$", want: "~"},
		{description: "unmounted", name: "/#/other/x", want: "~"},
		{description: "a name in a cycle beside one that is bound", dtab: "/a=>/a & /#/n/ok", name: "/a", want: "/#/n/ok"},
		{description: "as deep as allowed", dtab: "/a=>/b;/b=>/#/n/ok", name: "/a", depth: 3, want: "/#/n/ok"},
		{description: "too deep", dtab: "/a=>/b;/b=>/#/n/ok", name: "/a", depth: 2, want: "failed: Max recursion level: 2 reached in Namer lookup"},
	} {
		what := c.dtab + " on " + c.name
		if c.description != "" {
			what = c.description
		}
		t.Run(title(c.vector, what), func(t *testing.T) {
			in, _ := scene(t, resolve.Config{MaxDepth: c.depth})
			if got := bindNow(in, c.dtab, c.name); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestLaterNamersAreTriedFirst(t *testing.T) {
	var first, second, inner resolvetest.Namer
	in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{
		{Prefix: resolve.MustPath("/#/n"), Namer: &first},
		{Prefix: resolve.MustPath("/#/n/x"), Namer: &inner},
		{Prefix: resolve.MustPath("/#/n"), Namer: &second},
	}})
	if err != nil {
		t.Fatal(err)
	}
	step := func(want string) {
		t.Helper()
		if got := bindNow(in, "", "/#/n/x/y"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	step("~")
	first.Bind("/x")
	step("/#/n/x [/y]")
	inner.Bind("/y")
	step("/#/n/x/y")
	second.Set("/x", "$")
	step("$")
	second.Set("/x", "/#/n/z")
	step("~")
	first.Bind("/z")
	step("/#/n/z [/y]")
}

func TestABindingFollowsItsNamers(t *testing.T) {
	in, n := scene(t, resolve.Config{})
	a := in.Bind(resolve.MustDtab("/s=>/#/n/new/a | /#/n/ok | /#/n/blah"), resolve.MustPath("/s"))
	var got []string
	stop := a.Observe(func(s resolve.State[boundTree]) { got = append(got, showState(s)) })
	n.Bind("/new/a", "127.0.0.1:1") // first
	n.Bind("/new/a", "127.0.0.1:2") // the same set
	n.Bind("/blah", "127.0.0.1:3")  // not in use
	n.Fail("/new", errBroken)       // shadowed
	n.Remove("/new/a")
	n.Stall("/new")
	n.Remove("/new")
	n.Remove("/ok")
	stop()
	n.Bind("/ok")
	want := []string{"/#/n/ok", "/#/n/new/a", "failed: broken", "pending", "/#/n/ok", "/#/n/blah"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// counting knows which names of a namer are observed.
type counting struct {
	resolve.Namer
	mu  sync.Mutex
	now map[string]int
}

func (c *counting) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	return resolve.NewActivity(func(ctx context.Context, set func(resolve.State[resolve.NameTree[resolve.Name]])) {
		c.add(p, 1)
		defer c.add(p, -1)
		defer c.Namer.Lookup(p).Observe(set)()
		<-ctx.Done()
	})
}

func (c *counting) add(p resolve.Path, delta int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now[p.String()] += delta; c.now[p.String()] == 0 {
		delete(c.now, p.String())
	}
}

func TestABindingHoldsOnlyWhatItUses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n resolvetest.Namer
		c := &counting{Namer: &n, now: make(map[string]int)}
		in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/n"), Namer: c}}})
		if err != nil {
			t.Fatal(err)
		}
		holds := func(want map[string]int) {
			t.Helper()
			synctest.Wait()
			if diff := cmp.Diff(want, c.now); diff != "" {
				t.Error(diff)
			}
		}
		a := in.Bind(resolve.MustDtab("/s=>/#/n/a | /#/n/b | /#/n/c"), resolve.MustPath("/s"))
		holds(map[string]int{})
		stop := a.Observe(func(resolve.State[boundTree]) {})
		holds(map[string]int{"/a": 1, "/b": 1, "/c": 1})
		n.Bind("/b")
		holds(map[string]int{"/a": 1, "/b": 1})
		n.Bind("/a")
		holds(map[string]int{"/a": 1})
		n.Remove("/a")
		holds(map[string]int{"/a": 1, "/b": 1})
		stop()
		holds(map[string]int{})
	})
}

// Many bindings come and go while the names under them change.
func TestBindingUnderChurn(t *testing.T) {
	in, n := scene(t, resolve.Config{})
	d := resolve.MustDtab("/s=>/#/n/a | 0.5*/#/n/b & /#/n/c | /#/n/ok")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 100 {
				name := []string{"/a", "/b", "/c"}[i%3]
				n.Bind(name, "127.0.0.1:80")
				n.Stall(name)
				n.Remove(name)
			}
		})
		wg.Go(func() {
			for range 100 {
				a := in.Bind(d, resolve.MustPath("/s"))
				stop := a.Observe(func(resolve.State[boundTree]) {})
				_ = a.Sample()
				stop()
			}
		})
	}
	whole := in.Bind(d, resolve.MustPath("/s"))
	stop := whole.Observe(func(resolve.State[boundTree]) {})
	wg.Wait()
	if got := showState(whole.Sample()); got != "/#/n/ok" {
		t.Errorf("after all changes it is %s", got)
	}
	stop()
}

func TestWorkIsBounded(t *testing.T) {
	chain := func(op string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "/n%d=>/n%d %s /n%d;", i, i+1, op, i+1)
		}
		return b.String()
	}
	tooMuch := "failed: name lookup takes more than 10000 steps: the dtab rewrites it into too many names"
	for _, c := range []struct{ what, dtab, name, want string }{
		{"alternates that double", chain("|", 60), "/n0", "~"},
		{"unions that double and end", chain("&", 60), "/n0", "~"},
		{"unions that double and are bound", chain("&", 60) + "/n60=>/#/n/ok", "/n0", tooMuch},
		{"names that double and grow", "/s=>/s/a & /s/b", "/s", tooMuch},
		{"alternates that double and grow", "/s=>/s/a | /s/b", "/s", "failed: Max recursion level: 100 reached in Namer lookup"},
		{"many rules for everything", strings.Repeat("/=>/x & /y;", 1500), "/a", tooMuch},
		{"a name that grows by much", "/s=>/s/" + strings.Repeat("a", 50_000), "/s", tooMuch},
		{"beside one that is bound", "/t=>/#/n/ok & /s;/s=>/s/a & /s/b", "/t", tooMuch},
	} {
		t.Run(c.what, func(t *testing.T) {
			in, _ := scene(t, resolve.Config{})
			start := time.Now()
			if got := bindNow(in, c.dtab, c.name); got != c.want {
				t.Errorf("got %.200s, want %s", got, c.want)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// Whatever the order in which the answers arrive, the outcome is the same.
func TestBindingDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"/a", "/b", "/c", "/d"}
		answers := rapid.SliceOfN(rapid.SampledFrom([]string{"bind", "fail", "empty", "neg", "broken"}), 4, 4).Draw(t, "answers")
		expr := rapid.SampledFrom([]string{
			"/#/n/a | /#/n/b | /#/n/c & /#/n/d", "(/#/n/a | /#/n/b) & (/#/n/c | /#/n/d)", "/#/n/a & /#/n/b & /#/n/c | /#/n/d",
		}).Draw(t, "dst")
		outcome := func(order []int) string {
			var n resolvetest.Namer
			n.Stall("/")
			in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/n"), Namer: &n}}})
			if err != nil {
				t.Fatal(err)
			}
			a := in.Bind(resolve.MustDtab("/s=>"+expr), resolve.MustPath("/s"))
			defer a.Observe(func(resolve.State[boundTree]) {})()
			for _, i := range order {
				switch answers[i] {
				case "bind":
					n.Bind(names[i])
				case "fail":
					n.Set(names[i], "!")
				case "empty":
					n.Set(names[i], "$")
				case "neg":
					n.Set(names[i], "~")
				case "broken":
					n.Fail(names[i], errBroken)
				}
			}
			return showState(a.Sample())
		}
		first := outcome([]int{0, 1, 2, 3})
		if second := outcome(rapid.Permutation([]int{0, 1, 2, 3}).Draw(t, "order")); first != second {
			t.Fatalf("%s is %s or %s", expr, first, second)
		}
	})
}

func TestNewRefuses(t *testing.T) {
	var n resolvetest.Namer
	for what, c := range map[string]resolve.Config{
		"a mount without a namer":  {Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/n")}}},
		"a mount without a prefix": {Namers: []resolve.Mount{{Namer: &n}}},
		"a utility that is nil":    {Utilities: map[string]resolve.Namer{"x": nil}},
		"a built-in utility":       {Utilities: map[string]resolve.Namer{"nil": &n}},
		"a negative depth":         {MaxDepth: -1},
	} {
		if _, err := resolve.New(c); err == nil {
			t.Errorf("%s was taken", what)
		}
	}
}
