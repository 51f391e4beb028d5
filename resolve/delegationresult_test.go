package resolve_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/internal/worlds"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/resolve/transform"
)

// delegateNow explains a name with what is known now.
func delegateNow(in resolve.Delegator, dtab resolve.Dtab, name resolve.Path) *resolve.Delegation {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	d, _ := in.Delegate(ctx, dtab, name)
	return d
}

// An explanation comes to what the name is bound to, whatever the dtab, the
// namers' answers and the transformers are; and without transformers its parts
// do, too. No name grows here, so that no limit is met.
func TestResultIsWhatBindGives(t *testing.T) {
	name := rapid.Map(rapid.SampledFrom([]string{"/a", "/b", "/#/n/a", "/#/n/b", "/$/nil", "/$/fail", "/$/x", "/#/m/a"}), resolve.MustPath)
	dst := rapid.Custom(func(t *rapid.T) tree {
		node := func() tree {
			op := rapid.SampledFrom([]resolve.Op{resolve.Leaf, resolve.Leaf, resolve.Leaf, resolve.Neg, resolve.Empty, resolve.Fail}).Draw(t, "op")
			return tree{Op: op, Leaf: name.Draw(t, "leaf"), Weight: 1}
		}
		switch rapid.IntRange(0, 3).Draw(t, "form") {
		case 0:
			return resolve.AltOf(node(), node(), node())
		case 1:
			return resolve.UnionOf(node(), node(), node())
		case 2:
			return resolve.AltOf(node(), resolve.UnionOf(node(), node()))
		}
		return node()
	})
	rapid.Check(t, func(t *rapid.T) {
		var d resolve.Dtab
		for range rapid.IntRange(0, 5).Draw(t, "entries") {
			d = append(d, resolve.Dentry{Prefix: resolve.PrefixOf(name.Draw(t, "prefix")), Dst: dst.Draw(t, "dst")})
		}
		var first, second resolvetest.Namer
		for _, n := range []*resolvetest.Namer{&first, &second} {
			for _, p := range []string{"/a", "/b"} {
				switch rapid.SampledFrom([]string{"absent", "bind", "name", "fail", "stall", "neg", "union"}).Draw(t, p) {
				case "bind":
					n.Bind(p, "127.0.0.1:80")
				case "name":
					n.Set(p, name.Draw(t, "name").String())
				case "fail":
					n.Fail(p, worlds.ErrBroken)
				case "stall":
					n.Stall(p)
				case "neg":
					n.Set(p, "~")
				case "union":
					n.Set(p, "/#/n/a & ! & $")
				}
			}
		}
		c := resolve.Config{Namers: []resolve.Mount{
			{Prefix: resolve.MustPath("/#/n"), Namer: &first}, {Prefix: resolve.MustPath("/#/n"), Namer: &second},
		}}
		for range rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "transformers") {
			c.Transformers = append(c.Transformers, rapid.SampledFrom([]resolve.Transformer{
				transform.Port(1, resolve.MustPath("/%/port")),
				transform.Const(resolve.MustPath("/#/n/a"), resolve.MustPath("/%/const")),
				transform.Replace(resolve.MustPath("/#/n/b"), resolve.MustPath("/%/replace")),
			}).Draw(t, "transformer"))
		}
		in, err := resolve.New(c)
		if err != nil {
			t.Fatal(err)
		}
		p := name.Draw(t, "asked").Append(resolve.MustPath("/rest"))
		want := worlds.BindNow(in, d.String(), p.String())
		explained := delegateNow(in, d, p)
		if got := worlds.ShowState(explained.Result); got != want {
			t.Errorf("%s with %s: explained as %s, bound to %s", p, d, got, want)
		}
		if got := worlds.ShowState(resolve.Recorded(in, d, p)); got != want && c.Transformers == nil {
			t.Errorf("%s with %s: the parts come to %s, bound to %s", p, d, got, want)
		}
	})
}

func TestResult(t *testing.T) {
	for _, c := range []struct {
		what, dtab, name, want string
		depth                  int
	}{
		{"a rule that leads to no such name does not leave it to the namers", "/#/n/ok=>/x", "/#/n/ok", "~", 0},
		{"a rule that says so does", "/#/n/ok=>~", "/#/n/ok", "/#/n/ok", 0},
		{"as deep as allowed", "/a=>/b;/b=>/#/n/ok", "/a", "/#/n/ok", 3},
		{"too deep", "/a=>/b;/b=>/#/n/ok", "/a", "failed: Max recursion level: 2 reached in Namer lookup", 2},
	} {
		t.Run(c.what, func(t *testing.T) {
			in, _ := scene(t, resolve.Config{MaxDepth: c.depth})
			explained := delegateNow(in, resolve.MustDtab(c.dtab), resolve.MustPath(c.name))
			if got, parts := worlds.ShowState(explained.Result), worlds.ShowState(resolve.Recorded(in, resolve.MustDtab(c.dtab), resolve.MustPath(c.name))); got != c.want || parts != c.want {
				t.Errorf("got %s, its parts come to %s, want %s", got, parts, c.want)
			}
			if got := worlds.BindNow(in, c.dtab, c.name); got != c.want {
				t.Errorf("bound to %s, want %s", got, c.want)
			}
		})
	}
}

// A transformed replica set is what is left after the last transformer.
func TestResultIsTransformed(t *testing.T) {
	in, _ := delegator(t, transform.Port(1, resolve.MustPath("/%/1")), transform.Port(2, resolve.MustPath("/%/2")))
	if got, want := worlds.ShowState(delegateNow(in, nil, resolve.MustPath("/#/n/ok/rest")).Result), "/%/2/%/1/#/n/ok [/rest]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// An explanation names every namer that was asked, in the order of asking.
func TestDelegateAsked(t *testing.T) {
	var first, second, third resolvetest.Namer
	mount := func(n resolve.Namer) resolve.Mount { return resolve.Mount{Prefix: resolve.MustPath("/#/n"), Namer: n} }
	in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{mount(&first), mount(&second), mount(&third)}})
	if err != nil {
		t.Fatal(err)
	}
	second.Set("/two", "$")
	first.Fail("/broken", worlds.ErrBroken)
	third.Stall("/stalled")
	for _, c := range []struct {
		name string
		want []resolve.Reply
	}{
		{"/#/n/none", []resolve.Reply{{Status: resolve.OK}, {Status: resolve.OK}, {Status: resolve.OK}}},
		{"/#/n/two", []resolve.Reply{{Status: resolve.OK}, {Status: resolve.OK, Op: resolve.Empty}}},
		{"/#/n/broken", []resolve.Reply{{Status: resolve.OK}, {Status: resolve.OK}, {Status: resolve.Failed, Err: worlds.ErrBroken}}},
		{"/#/n/stalled", []resolve.Reply{{Status: resolve.Pending}}},
		{"/$/fail", []resolve.Reply{{Namer: resolve.MustPath("/$/fail"), Status: resolve.OK, Op: resolve.Fail}}},
		{"/$/fail/rest", []resolve.Reply{{Namer: resolve.MustPath("/$/fail"), Status: resolve.OK, Op: resolve.Fail}}},
		{"/$/nil/rest", []resolve.Reply{{Namer: resolve.MustPath("/$/nil"), Status: resolve.OK, Op: resolve.Empty}}},
		{"/#/other", nil},
		{"/svc/x", nil},
	} {
		got := delegateNow(in, nil, resolve.MustPath(c.name)).Asked
		for i := range c.want {
			if c.want[i].Namer.IsEmpty() {
				c.want[i].Namer = resolve.MustPath("/#/n")
			}
		}
		since := cmpopts.IgnoreFields(resolve.Reply{}, "Since")
		if diff := cmp.Diff(c.want, got, since, cmpopts.EquateErrors(), equalPaths); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		for _, a := range got {
			if a.Namer.HasPrefix(resolve.MustPath("/#")) && a.Since.IsZero() {
				t.Errorf("%s: the age of the answer is not known", c.name)
			}
		}
	}
}
