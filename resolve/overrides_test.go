package resolve_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/internal/limits"
	"github.com/meshhop/meshhop/internal/worlds"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/resolve/transform"
)

// overridden is what a name means now; the namers here answer at once.
func overridden(in resolve.Overrider, dtab string, o resolve.Overrides, name string) resolve.State[resolve.Overridden] {
	a := in.BindOverrides(resolve.MustDtab(dtab), o, resolve.MustPath(name))
	defer a.Observe(func(resolve.State[resolve.Overridden]) {})()
	return a.Sample()
}

// told has behind each set the entry that led to it, and then what was left out.
func told(s resolve.State[resolve.Overridden]) string {
	text := worlds.ShowState(resolve.State[boundTree]{Status: s.Status, Value: s.Value.Tree, Err: s.Err})
	for b := range s.Value.Tree.Leaves() {
		if b.Override != nil {
			text += " by " + b.Override.String()
		}
	}
	for _, left := range s.Value.LeftOut {
		text += "; not " + left.Entry.String() + " to " + left.ID.String()
	}
	return text
}

// under is a policy that allows what stands below the prefixes.
func under(prefixes ...string) func(resolve.Path) bool {
	return func(id resolve.Path) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return id.HasPrefix(resolve.MustPath(p)) })
	}
}

func TestBindOverrides(t *testing.T) {
	const base = "/svc => /#/n/ok; /srv => /#/n; /evil => /$/inet/127.0.0.1/1"
	port := transform.Port(4141, resolve.MustPath("/%/io.l5d.port/4141"))
	for _, test := range []struct {
		name, own, asked string
		allows           func(resolve.Path) bool
		want             string
	}{
		{"nothing of the request's takes part", "/x => /y", "/svc", under(), "/#/n/ok"},
		{"all are allowed", "/svc => /$/inet/127.0.0.1/1", "/svc", nil, "/$/inet/127.0.0.1/1 by /svc=>/$/inet/127.0.0.1/1"},
		{"this one is", "/svc => /srv/foo", "/svc", under("/#/n"), "/#/n/foo by /svc=>/srv/foo"},
		{"this one is not", "/svc => /$/inet/127.0.0.1/1", "/svc", under("/#"), "/#/n/ok; not /svc=>/$/inet/127.0.0.1/1 to /$/inet/127.0.0.1/1"},
		{"not by way of the router's own entries either", "/svc => /evil", "/svc", under("/#"), "/#/n/ok; not /svc=>/evil to /$/inet/127.0.0.1/1"},
		{"which alone may", "/x => /y", "/evil", under("/#"), "/$/inet/127.0.0.1/1"},
		{"of two on the way the nearer one", "/svc => /srv/foo; /srv => /evil", "/svc", under("/#"), "/#/n/foo by /svc=>/srv/foo; not /srv=>/evil to /$/inet/127.0.0.1/1"},
		{"then the other", "/svc => /srv/foo; /srv => /evil", "/svc", under("/#/n/ok"),
			"/#/n/ok; not /srv=>/evil to /$/inet/127.0.0.1/1; not /svc=>/srv/foo to /#/n/foo"},
		{"whatever it stands in front of", "/svc => ~ | /evil | /srv/foo", "/svc", under("/#"), "/#/n/ok; not /svc=>~ | /evil | /srv/foo to /$/inet/127.0.0.1/1"},
		{"what is not reached is not judged", "/svc => /srv/foo | /evil", "/svc", under("/#"), "/#/n/foo by /svc=>/srv/foo | /evil"},
		{"an earlier one takes its place", "/svc => /srv/foo; /svc => /evil", "/svc", under("/#"), "/#/n/foo by /svc=>/srv/foo; not /svc=>/evil to /$/inet/127.0.0.1/1"},
		{"a part of a union", "/svc => 9 * /srv/foo & /evil", "/svc", under("/#"), "/#/n/ok; not /svc=>9*/srv/foo & /evil to /$/inet/127.0.0.1/1"},
		{"two sets by two entries", "/svc => /srv/foo & /b; /b => /srv/bar", "/svc", under("/#"), "/#/n/foo & /#/n/bar by /svc=>/srv/foo & /b by /b=>/srv/bar"},
		{"two at once", "/svc => /a & /b; /a => /evil; /b => /evil", "/svc", under("/#"),
			"/#/n/ok; not /a=>/evil to /$/inet/127.0.0.1/1; not /b=>/evil to /$/inet/127.0.0.1/1"},
		{"one name on two ways", "/svc => /evil & /srv/foo; /other => /evil", "/svc", nil, "/$/inet/127.0.0.1/1 & /#/n/foo by /svc=>/evil & /srv/foo by /svc=>/evil & /srv/foo"},
		{"what reaches nobody is nobody's to forbid", "/svc => $", "/svc", under(), "$"},
		{"nor is a failure", "/svc => !", "/svc", under(), "!"},
		{"nor what is not known", "/svc => /srv/pending", "/svc", under(), "pending"},
		{"a namer's name", "/#/n/ok => /#/n/foo", "/svc", under("/#/n/foo"), "/#/n/foo by /#/n/ok=>/#/n/foo"},
		{"with what the namer left", "/svc => /#/n/foo", "/svc/rest", under("/#/n/foo"), "/#/n/foo [/rest] by /svc=>/#/n/foo"},
		{"a namer with a transformer", "/svc => /#/moved/foo", "/svc", under("/#/moved"), "/%/io.l5d.port/4141/#/moved/foo"},
		{"which is judged as it was before", "/svc => /#/moved/foo", "/svc", under("/%", "/#/n"), "/#/n/ok; not /svc=>/#/moved/foo to /#/moved/foo"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var moved resolvetest.Namer
			moved.Bind("/foo", "127.0.0.1:80")
			in, _ := scene(t, resolve.Config{Namers: []resolve.Mount{
				{Prefix: resolve.MustPath("/#/moved"), Namer: &moved, Transformers: []resolve.Transformer{port}},
			}})
			o := resolve.Overrides{Dtab: resolve.MustDtab(test.own), Allows: test.allows}
			state := overridden(in, base, o, test.asked)
			if got := told(state); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			o.Refuse = true
			refused := overridden(in, base, o, test.asked)
			denied := (*resolve.DeniedError)(nil)
			if want := len(state.Value.LeftOut) > 0; errors.As(refused.Err, &denied) != want {
				t.Errorf("refusing: %s, %v", told(refused), refused.Err)
			} else if want && (denied.ID != state.Value.LeftOut[0].ID || denied.Entry.String() != state.Value.LeftOut[0].Entry.String()) {
				t.Errorf("refused is %v", denied)
			}
		})
	}
}

// TestBindOverridesTransformed: what an interpreter's transformers make is judged
// as it was before, and told of no entry.
func TestBindOverridesTransformed(t *testing.T) {
	in, _ := scene(t, resolve.Config{Transformers: []resolve.Transformer{transform.Port(4141, resolve.MustPath("/%/io.l5d.port/4141"))}})
	for _, test := range []struct{ own, want string }{
		{"/svc => /#/n/foo", "/%/io.l5d.port/4141/#/n/foo"},
		{"/svc => /$/inet/127.0.0.1/1", "/%/io.l5d.port/4141/#/n/ok; not /svc=>/$/inet/127.0.0.1/1 to /$/inet/127.0.0.1/1"},
	} {
		got := told(overridden(in, "/svc=>/#/n/ok", resolve.Overrides{Dtab: resolve.MustDtab(test.own), Allows: under("/#")}, "/svc"))
		if got != test.want {
			t.Errorf("%s: got %s, want %s", test.own, got, test.want)
		}
	}
}

// TestBindOverridesFollows: what an entry leads to is judged anew when that
// changes.
func TestBindOverridesFollows(t *testing.T) {
	in, n := scene(t, resolve.Config{})
	a := in.BindOverrides(resolve.MustDtab("/svc=>/#/n/ok"), resolve.Overrides{Dtab: resolve.MustDtab("/svc=>/#/n/foo/x"), Allows: under("/#/n")}, resolve.MustPath("/svc"))
	var last resolve.State[resolve.Overridden]
	defer a.Observe(func(s resolve.State[resolve.Overridden]) { last = s })()
	for _, step := range []struct{ answer, want string }{
		{"/#/n/bar", "/#/n/bar by /svc=>/#/n/foo/x"},
		{"/$/inet/127.0.0.1/2", "/#/n/ok; not /svc=>/#/n/foo/x to /$/inet/127.0.0.1/2"},
		{"/$/inet/127.0.0.1/3", "/#/n/ok; not /svc=>/#/n/foo/x to /$/inet/127.0.0.1/3"},
		{"/#/n/blah", "/#/n/blah by /svc=>/#/n/foo/x"},
		{"~", "/#/n/ok"},
	} {
		n.Set("/foo", step.answer)
		n.Set("/foo/x", step.answer)
		if got := told(last); got != step.want {
			t.Errorf("after %s: got %s, want %s", step.answer, got, step.want)
		}
	}
}

// TestLawOverrides: an interpreter that tells entries apart finds the same as one
// that does not, and where entries are left out the same as without these.
func TestLawOverrides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t)
		in, n, any := w.Interpreter(t)
		for _, a := range w.Answers {
			worlds.Tell(a, n, any)
		}
		at := rapid.IntRange(0, len(w.Entries)).Draw(t, "base entries")
		base, own := worlds.Text(w.Entries[:at]...), resolve.MustDtab(worlds.Text(w.Entries[at:]...))
		allowed := rapid.SliceOf(rapid.SampledFrom([]string{"/#/n", "/#/n/a", "/#/n/b", "/#/any", "/$/inet", "/$/inet/1", "/"})).Draw(t, "allowed")
		name := rapid.SampledFrom(w.Names).Draw(t, "name")

		free := overridden(in, base, resolve.Overrides{Dtab: own}, name)
		if free.Err != nil && strings.Contains(free.Err.Error(), "steps") {
			t.Skip("to note which entry led where costs steps too, and there were too many")
		}
		if got, want := treeOf(free), worlds.BindNow(in, worlds.Text(w.Entries...), name); got != want || free.Value.LeftOut != nil {
			t.Fatalf("%s: everything is allowed, and it is %s, want %s", name, told(free), want)
		}
		o := resolve.Overrides{Dtab: own, Allows: under(allowed...)}
		judged := overridden(in, base, o, name)
		if judged.Err != nil && strings.Contains(judged.Err.Error(), "steps") {
			t.Skip("to look the name up again without what is left out costs steps too, and there were too many")
		}
		rest := resolve.MustDtab(base)
		for i := range own {
			if !slices.ContainsFunc(judged.Value.LeftOut, func(l resolve.LeftOut) bool { return l.Entry == &own[i] }) {
				rest = rest.Append(own[i])
			}
		}
		if got, want := treeOf(judged), worlds.BindNow(in, rest.String(), name); got != want {
			t.Fatalf("%s: it is %s, want %s", name, told(judged), want)
		}
		for b := range judged.Value.Tree.Leaves() {
			if b.Override != nil && !o.Allows(b.ID) {
				t.Fatalf("%s: %s", name, told(judged))
			}
		}
		for _, left := range judged.Value.LeftOut {
			if o.Allows(left.ID) {
				t.Fatalf("%s: left out is what is allowed: %s", name, told(judged))
			}
		}
		found, err := in.DelegateOverrides(context.Background(), resolve.MustDtab(base), o, resolve.MustPath(name))
		if err != nil && judged.Status == resolve.OK {
			t.Fatalf("%s: explaining it: %v", name, err)
		}
		if !slices.Equal(found.LeftOut, judged.Value.LeftOut) {
			t.Fatalf("%s: it is %s, and explained without %v", name, told(judged), found.LeftOut)
		}
		if got := worlds.ShowState(found.Result); got != treeOf(judged) {
			t.Fatalf("%s: it is %s, and explained as %s", name, told(judged), got)
		}
		for left := range w.Entries[at:] {
			if l := (&own[left]); slices.ContainsFunc(found.LeftOut, func(x resolve.LeftOut) bool { return x.Entry == l }) && mentions(found, l) {
				t.Fatalf("%s: the entry %s is left out and explained", name, l)
			}
		}
	})
}

func treeOf(s resolve.State[resolve.Overridden]) string {
	return worlds.ShowState(resolve.State[boundTree]{Status: s.Status, Value: s.Value.Tree, Err: s.Err})
}

// mentions says whether a rule has a part in an explanation.
func mentions(d *resolve.Delegation, rule *resolve.Dentry) bool {
	return d != nil && (d.Dentry == rule || mentions(d.Delegate, rule) ||
		slices.ContainsFunc(d.Branches, func(b *resolve.Delegation) bool { return mentions(b, rule) }))
}

// TestOverridesWork: however many entries a stranger brings that have to be left
// out one after the other, the work for a name is bounded, and the base dtab's
// answer is given where it can be.
func TestOverridesWork(t *testing.T) {
	in, _ := scene(t, resolve.Config{})
	entries := func(n int) resolve.Dtab {
		return resolve.MustDtab(strings.Repeat("/svc => /$/inet/127.0.0.1/1;", n))
	}
	const base = "/svc => /#/n/ok"
	few := overridden(in, base, resolve.Overrides{Dtab: entries(10), Allows: under("/#")}, "/svc")
	if treeOf(few) != "/#/n/ok" || len(few.Value.LeftOut) != 10 {
		t.Errorf("10 entries: %s", told(few))
	}
	many := overridden(in, base, resolve.Overrides{Dtab: entries(limits.Dentries), Allows: under("/#")}, "/svc")
	if many.Status != resolve.Failed || !strings.Contains(many.Err.Error(), "420 steps") {
		t.Errorf("%d entries: %.200s", limits.Dentries, told(many))
	}
	// Also where a part of a union alone is too much.
	wild := resolve.Overrides{Dtab: resolve.MustDtab("/t => /#/n/ok & /s; /s => /s/a & /s/b")}
	if s := overridden(in, base, wild, "/t"); s.Status != resolve.Failed || !strings.Contains(s.Err.Error(), "420 steps") {
		t.Errorf("beside one that is bound: %.200s", told(s))
	}
	// Entries that lead to a large union, each by another.
	var wide []string
	for i := range 300 {
		wide = append(wide, fmt.Sprintf("/$/inet/127.0.0.1/%d", i+1))
	}
	chain := "/z => " + strings.Join(wide, " & ")
	for i := range 80 {
		chain += fmt.Sprintf("; /c%d => /c%d", i, i+1)
	}
	chain += "; /c80 => /z; /svc => /c0"
	if s := overridden(in, base, resolve.Overrides{Dtab: resolve.MustDtab(chain)}, "/svc"); s.Status != resolve.Failed || !strings.Contains(s.Err.Error(), "420 steps") {
		t.Errorf("a long way to many: %.200s", told(s))
	}
}

// TestOverridesCostTheSame: it is work to compare names with a request's own
// entries, as with any others.
func TestOverridesCostTheSame(t *testing.T) {
	chain := "/svc => /c0"
	for i := range 30 {
		chain += fmt.Sprintf("; /c%d => /c%d", i, i+1)
	}
	d := resolve.MustDtab(chain + "; /c30 => /#/n/ok" + strings.Repeat("; /never => /x", 5000))
	in, _ := scene(t, resolve.Config{})
	for _, s := range []resolve.State[resolve.Overridden]{
		overridden(in, d.String(), resolve.Overrides{}, "/svc"),
		overridden(in, "", resolve.Overrides{Dtab: d}, "/svc"),
	} {
		if s.Status != resolve.Failed || !strings.Contains(s.Err.Error(), "steps") {
			t.Errorf("a chain of 30 among 5000 entries: %.200s", told(s))
		}
	}
}
