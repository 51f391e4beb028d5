package resolve_test

import (
	"errors"
	"testing"

	"github.com/meshhop/meshhop/internal/worlds"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/inet"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

type boundTree = resolve.NameTree[*resolve.Bound]

// scene has names for all that a namer can answer.
func scene(t testing.TB, c resolve.Config) (*resolve.DefaultInterpreter, *resolvetest.Namer) {
	t.Helper()
	var n resolvetest.Namer
	for _, name := range []string{"/ok", "/blah", "/FOO", "/foo", "/bar", "/b1", "/b2"} {
		n.Bind(name, "127.0.0.1:80")
	}
	n.Fail("/failed", worlds.ErrBroken)
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
		{vector: "79", dtab: "/s=>/#/n/ok & /#/n/pending", name: "/s", want: "pending"}, // for a time: TestAUnionWaits
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
		{description: "pending and failed", dtab: "/s=>/#/n/pending & /#/n/failed", name: "/s", want: "pending"},
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
		{description: "two rules of Neg do not: as in Linkerd they are alternates", dtab: "/#/n/ok=>~;/#/n/ok=>~", name: "/#/n/ok", want: "~"},
		{description: "nor does a rule of Neg beside another", dtab: "/#/n/ok=>/x;/#/n/ok=>~", name: "/#/n/ok", want: "~"},
		{description: "nor one before another", dtab: "/#/n/ok=>~;/#/n/ok=>/x", name: "/#/n/ok", want: "~"},
		{description: "unknown utility", name: "/$/some.java.Class/x", want: "failed: Unknown namer: some.java.Class for path: /$/some.java.Class/x (known are fail, inet, nil)"},
		{description: "nothing below /$", name: "/$", want: "~"},
		{description: "unmounted", name: "/#/other/x", want: "~"},
		{description: "a name in a cycle beside one that is bound", dtab: "/a=>/a & /#/n/ok", name: "/a", want: "/#/n/ok"},
		{
			description: "what a name is within a circle is not what it is beside it",
			dtab:        "/a=>(/b & ~) | /#/n/foo;/b=>/a & /#/n/bar;/s=>/b & /a", name: "/s", want: "(/#/n/foo & /#/n/bar) & /#/n/bar",
		},
		{description: "as deep as allowed", dtab: "/a=>/b;/b=>/#/n/ok", name: "/a", depth: 3, want: "/#/n/ok"},
		{description: "too deep", dtab: "/a=>/b;/b=>/#/n/ok", name: "/a", depth: 2, want: "failed: Max recursion level: 2 reached in Namer lookup"},
	} {
		what := c.dtab + " on " + c.name
		if c.description != "" {
			what = c.description
		}
		t.Run(title(c.vector, what), func(t *testing.T) {
			in, _ := scene(t, resolve.Config{MaxDepth: c.depth})
			if got := worlds.BindNow(in, c.dtab, c.name); got != c.want {
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
		if got := worlds.BindNow(in, "", "/#/n/x/y"); got != want {
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
