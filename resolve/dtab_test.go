package resolve_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/resolve"
)

func TestDtabLookup(t *testing.T) {
	for _, c := range []struct{ vector, dtab, name, want string }{
		{"71", "/a/*/c => /d", "/a/b/c/e/f", "/d/e/f"},
		{"", "/a/*/c => /d", "/a/b", "~"},
		{"", "/a/*/c => /d", "/a/b/x/c", "~"},
		{"", "/*/* => /d", "/a/b/c", "/d/c"},
		{"", "/*/* => /d", "/a", "~"},
		{"", "/a => /b", "/ab", "~"},
		{"", "/a => /b", "/a", "/b"},
		{"", "/ => /b", "/", "/b"},
		{"", "/ => /b", "/x/y", "/b/x/y"},
		{"", "/a=>/b;/x=>/y;/a=>/c|!;/a/q=>$", "/a/q", "$ | (/c/q | !) | /b/q"},
		{"", "/svc=>/host;/svc=>0.9*/v1&0.1*/v2", "/svc/w", "0.9*/v1/w & 0.1*/v2/w | /host/w"},
		{"", `/\x2a=>/b`, "/a", "~"},
	} {
		t.Run(title(c.vector, c.dtab+" on "+c.name), func(t *testing.T) {
			got := resolve.MustDtab(c.dtab).Lookup(resolve.MustPath(c.name))
			if shown := resolve.ShowTree(got); shown != c.want {
				t.Errorf("got %s, want %s", shown, c.want)
			}
		})
	}
}

func TestDtabLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, p := dtabs.Draw(t, "dtab"), paths.Draw(t, "name")
		at := rapid.IntRange(0, len(d)).Draw(t, "at")
		other := resolve.Dentry{Prefix: resolve.PrefixOf(p.AppendLabel("more")), Dst: leaf("/never")}
		with := d[:at:at].Append(other).Append(d[at:]...)
		if diff := cmp.Diff(d.Lookup(p), with.Lookup(p), equalPaths); diff != "" {
			t.Fatalf("a dentry that does not match changes the outcome: %s", diff)
		}
		for i, e := range d {
			if e.Prefix.Matches(p) != matches(e.Prefix, p) {
				t.Fatalf("entry %d, %s, and %s", i, e.Prefix, p)
			}
		}
	})
}

// matches is Prefix.Matches written after the grammar, element by element.
func matches(x resolve.Prefix, p resolve.Path) bool {
	if x.String() == "/" {
		return true
	}
	elements := strings.Split(x.String()[1:], "/")
	if len(elements) > p.Len() {
		return false
	}
	for i, e := range elements {
		if e != "*" && resolve.MustPath("/"+e).Label(0) != p.Label(i) {
			return false
		}
	}
	return true
}

func TestAppendDoesNotShare(t *testing.T) {
	base := make(resolve.Dtab, 0, 8)
	base = append(base, resolve.MustDtab("/a=>/b")...)
	one := base.Append(resolve.MustDtab("/x=>/1")...)
	two := base.Append(resolve.MustDtab("/x=>/2")...)
	if one.String() != "/a=>/b;/x=>/1" || two.String() != "/a=>/b;/x=>/2" {
		t.Errorf("got %s and %s", one, two)
	}
}

func TestTreeHelpers(t *testing.T) {
	if got := resolve.AltOf[int](); got.Op != resolve.Neg {
		t.Error("an Alt of nothing is not Neg")
	}
	if got := resolve.UnionOf(weigh(0.5, leaf("/a"))); got.Op != resolve.Leaf || got.Weight != 0 {
		t.Errorf("a Union of one is %+v", got)
	}
	one := tree{Op: resolve.Union, Sub: []tree{weigh(0.5, leaf("/a"))}}
	if diff := cmp.Diff(one, resolve.MapTree(one, func(p resolve.Path) resolve.Path { return p }), equalPaths); diff != "" {
		t.Errorf("a Union of one branch: %s", diff)
	}
	x := resolve.AltOf(leaf("/a"), resolve.UnionOf(weigh(2, leaf("/b")), weigh(1, leaf("/c"))), leaf("/d"))
	var got []string
	for p := range resolve.MapTree(x, resolve.Path.String).Leaves() {
		if got = append(got, p); len(got) == 3 {
			break
		}
	}
	if diff := cmp.Diff([]string{"/a", "/b", "/c"}, got); diff != "" {
		t.Error(diff)
	}
}
