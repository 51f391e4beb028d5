package resolve_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/internal/worlds"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

func TestWorkIsBounded(t *testing.T) {
	chain := func(op string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "/n%d=>/n%d %s /n%d;", i, i+1, op, i+1)
		}
		return b.String()
	}
	tooMuch := "failed: name lookup takes more than 420 steps: the dtab rewrites it into too many names"
	for _, c := range []struct{ what, dtab, name, want string }{
		{"alternates that double", chain("|", 60), "/n0", "~"},
		{"unions that double and end", chain("&", 60), "/n0", "~"},
		{"unions that double and are bound", chain("&", 60) + "/n60=>/#/n/ok", "/n0", tooMuch},
		{"names that double and grow", "/s=>/s/a & /s/b", "/s", tooMuch},
		{"alternates that double and grow", "/s=>/s/a | /s/b", "/s", "failed: Max recursion level: 100 reached in Namer lookup"},
		{"many rules for everything", strings.Repeat("/=>/x & /y;", 1500), "/a", tooMuch},
		{"an entry with too many names", "/s=>" + strings.Repeat("/#/n/none | ", 500) + "/#/n/ok", "/s", tooMuch},
		{"a name that grows by much", "/s=>/s/" + strings.Repeat("a", 50_000), "/s", tooMuch},
		{"beside one that is bound", "/t=>/#/n/ok & /s;/s=>/s/a & /s/b", "/t", tooMuch},
	} {
		t.Run(c.what, func(t *testing.T) {
			in, _ := scene(t, resolve.Config{})
			start := time.Now()
			if got := worlds.BindNow(in, c.dtab, c.name); got != c.want {
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
					n.Fail(names[i], worlds.ErrBroken)
				}
			}
			return worlds.ShowState(a.Sample())
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
		"a mount without a namer":    {Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/n")}}},
		"a mount without a prefix":   {Namers: []resolve.Mount{{Namer: &n}}},
		"a utility that is nil":      {Utilities: map[string]resolve.Namer{"x": nil}},
		"a built-in utility":         {Utilities: map[string]resolve.Namer{"nil": &n}},
		"a negative depth":           {MaxDepth: -1},
		"a negative number of steps": {MaxSteps: -1},
		"a utility without a name":   {Utilities: map[string]resolve.Namer{"": &n}},
		"the other built-in utility": {Utilities: map[string]resolve.Namer{"fail": &n}},
	} {
		if _, err := resolve.New(c); err == nil {
			t.Errorf("%s was taken", what)
		}
	}
	base := resolve.Const(resolve.MustDtab("/a=>/b"))
	if in, err := resolve.New(resolve.Config{Base: base}); err != nil || in.Base() != base {
		t.Errorf("the base is %p, want %p; %v", in.Base(), base, err)
	}
}
