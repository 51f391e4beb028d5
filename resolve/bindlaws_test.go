package resolve_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/internal/worlds"
	"github.com/meshhop/meshhop/resolve"
)

// TestUnrelatedEntries: an entry that matches no name on the way changes
// nothing.
func TestUnrelatedEntries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t)
		// No name here has the label zz.
		entry := rapid.SampledFrom([]string{"/zz", "/svc/zz", "/svc/*/zz", "/a/b/zz", "/*/zz", "/#/zz", "/$/zz/*", "/zz/*"}).Draw(t, "prefix") +
			"=>" + rapid.SampledFrom([]string{"/#/n/a", "!", "~", "/svc", "/a & /b | $"}).Draw(t, "dst")
		at := rapid.IntRange(0, len(w.Entries)).Draw(t, "at")
		with := slices.Insert(slices.Clone(w.Entries), at, entry)
		if diff := cmp.Diff(w.Bind(t, worlds.Text(w.Entries...), w.Names), w.Bind(t, worlds.Text(with...), w.Names)); diff != "" {
			t.Fatalf("%s\nwith %s at %d:\n%s", worlds.Text(w.Entries...), entry, at, diff)
		}
	})
}

// TestOrderOfAnswers: whatever the order in which answers arrive, change and
// arrive again, in the end names are bound as if they had been there before.
func TestOrderOfAnswers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t)
		w.Names = rapid.Permutation(w.Names).Draw(t, "names")[:4]
		dtab := worlds.Text(w.Entries...)
		want := w.Bind(t, dtab, w.Names)

		in, n, any := w.Interpreter(t)
		n.Stall("/")
		any.Stall("/")
		type bound struct {
			*resolve.Activity[boundTree]
			last string
		}
		var all []*bound
		for _, name := range w.Names {
			b := &bound{Activity: in.Bind(resolve.MustDtab(dtab), resolve.MustPath(name))}
			defer b.Observe(func(s resolve.State[boundTree]) { b.last = worlds.ShowState(s) })()
			all = append(all, b)
		}
		// What a namer says in between does not matter.
		between := rapid.SampledFrom([]string{"", "bind", "fail", "stall", "~", "!", "$", "/svc", "/#/n/b | /a"})
		answers := append(slices.Clone(w.Answers), [2]string{"n /marker", "bind"})
		for range 2 * len(answers) {
			name := rapid.SampledFrom(answers).Draw(t, "name")[0]
			worlds.Tell([2]string{name, between.Draw(t, "between")}, n, any)
		}
		for _, a := range rapid.Permutation(answers).Draw(t, "order") {
			worlds.Tell(a, n, any)
		}
		for i, b := range all {
			if b.last != want[i] {
				t.Fatalf("%s: %s is %s, and %s had the answers been there before", dtab, w.Names[i], b.last, want[i])
			}
		}
	})
}

// TestBoundTrees: what a name is bound to has no alternates, and no branch of a
// union that is Neg or Fail; weights are as written or none.
func TestBoundTrees(t *testing.T) {
	var check func(t *rapid.T, tree boundTree, inUnion bool)
	check = func(t *rapid.T, tree boundTree, inUnion bool) {
		switch {
		case tree.Op == resolve.Alt, inUnion && (tree.Op == resolve.Neg || tree.Op == resolve.Fail), tree.Op == resolve.Union && len(tree.Sub) < 2:
			t.Fatalf("there is %v", tree.Op)
		case tree.Op == resolve.Leaf && tree.Leaf.ID.IsEmpty():
			t.Fatal("a leaf has no ID")
		case !slices.Contains([]float64{0, 0.5, 1}, tree.Weight):
			t.Fatalf("a weight is %v", tree.Weight)
		}
		for _, sub := range tree.Sub {
			check(t, sub, true)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		w := worlds.Draw(t)
		in, n, any := w.Interpreter(t)
		for _, a := range w.Answers {
			worlds.Tell(a, n, any)
		}
		d := resolve.MustDtab(worlds.Text(w.Entries...))
		for _, name := range w.Names {
			a := in.Bind(d, resolve.MustPath(name))
			stop := a.Observe(func(resolve.State[boundTree]) {})
			check(t, a.Sample().Value, false)
			stop()
		}
	})
}

// FuzzBind: any dtab and name of a stranger come to something, and to the same
// thing twice; and what it comes to can be explained.
func FuzzBind(f *testing.F) {
	for _, s := range seeds {
		f.Add(s, "/svc/web")
	}
	f.Add("/svc=>/svc/x", "/svc")
	f.Add("/svc=>/a&/a|/#/n/ok;/a=>/svc|/a/a", "/svc/x")
	f.Add("/=>/#/n;/#=>/", "/a/b")
	f.Add("/*/*=>/$/inet|/$", "/1/2/3")
	f.Fuzz(func(t *testing.T, dtab, name string) {
		d, err := resolve.ParseDtab(dtab)
		if err != nil {
			return
		}
		p, err := resolve.ParsePath(name)
		if err != nil {
			return
		}
		in, _ := scene(t, resolve.Config{})
		base := resolve.MustDtab("/svc=>/#/n/ok;/host=>/#/n")
		first, second := in.Bind(base.Append(d...), p), in.Bind(base.Append(d...), p)
		defer first.Observe(func(resolve.State[boundTree]) {})()
		defer second.Observe(func(resolve.State[boundTree]) {})()
		if a, b := worlds.ShowState(first.Sample()), worlds.ShowState(second.Sample()); a != b {
			t.Errorf("%q on %q is %s, and %s", dtab, name, a, b)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // what stalls is not waited for
		explained, err := in.Delegate(ctx, base.Append(d...), p)
		if explained == nil {
			t.Fatalf("%q on %q is not explained: %v", dtab, name, err)
		}
		var text strings.Builder
		if err := explained.Text(&text); err != nil || text.Len() == 0 {
			t.Errorf("%q on %q is explained as %q, %v", dtab, name, text.String(), err)
		}
	})
}

// What a name means below another one that it leads back to is not remembered: by
// itself it means something else.
func TestAMeaningInsideACircleIsNotRemembered(t *testing.T) {
	const inside = "/x=>/a & /#/n/ok ; /s=>/x & /a ; "
	for _, row := range []struct{ what, dtab, want string }{
		{"an alternate", "/a=>(/x & ~) | /#/n/blah", "(/#/n/blah & /#/n/ok) & /#/n/ok"},
		{"a rule", "/a=>/#/n/blah ; /a=>/x & ~", "(/#/n/blah & /#/n/ok) & /#/n/ok"},
		{"a union", "/a=>/x & /#/n/blah", "(/#/n/blah & /#/n/ok) & (/#/n/ok & /#/n/blah)"},
	} {
		in, _ := scene(t, resolve.Config{})
		if got := worlds.BindNow(in, inside+row.dtab, "/s"); got != row.want {
			t.Errorf("%s: got %s, want %s", row.what, got, row.want)
		}
		if alone := worlds.BindNow(in, inside+row.dtab, "/a"); !strings.HasSuffix(row.want, alone) && !strings.HasSuffix(row.want, "("+alone+")") {
			t.Errorf("%s: alone it is %s", row.what, alone)
		}
	}
}
