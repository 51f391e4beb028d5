package resolve_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/internal/limits"
	"github.com/meshhop/meshhop/resolve"
)

type tree = resolve.NameTree[resolve.Path]

func leaf(s string) tree { return resolve.LeafOf(resolve.MustPath(s)) }

func weigh(w float64, t tree) tree {
	t.Weight = w
	return t
}

func title(vector, what string) string {
	if vector == "" {
		return what
	}
	return "vector " + vector + ": " + what
}

var equalPaths = cmp.Comparer(func(a, b resolve.Path) bool { return a == b })
var equalPrefixes = cmp.Comparer(func(a, b resolve.Prefix) bool { return a == b })

func TestParsePath(t *testing.T) {
	for _, c := range []struct {
		vector, in, want string
		labels           []string
	}{
		{"61", "/", "/", nil},
		{"61", "  /foo/bar  ", "/foo/bar", []string{"foo", "bar"}},
		{"61", `/\x66\x6f\x6F`, "/foo", []string{"foo"}},
		{"", "\t\n/a#b # a comment\n # and another", "/a#b", []string{"a#b"}},
		{"", "/#/io.l5d.fs", "/#/io.l5d.fs", []string{"#", "io.l5d.fs"}},
		{"", `/svc/\x5b::1\x5d`, `/svc/\x5b\x3a\x3a\x31\x5d`, []string{"svc", "[::1]"}},
		{"", "/%2e/a%b", "/%2e/a%b", []string{"%2e", "a%b"}},
	} {
		t.Run(title(c.vector, c.in), func(t *testing.T) {
			p, err := resolve.ParsePath(c.in)
			if err != nil || p.String() != c.want {
				t.Fatalf("got %s, %v; want %s", p, err, c.want)
			}
			if diff := cmp.Diff(c.labels, p.Labels()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	path := func(s string) error { _, err := resolve.ParsePath(s); return err }
	tree := func(s string) error { _, err := resolve.ParseTree(s); return err }
	dtab := func(s string) error { _, err := resolve.ParseDtab(s); return err }
	for _, c := range []struct {
		vector string
		parse  func(string) error
		in     string
		want   string
	}{
		{"62", path, "", "'/' expected but end of input found at '[]'"},
		{"62", path, "/foo/bar/", "label char expected but end of input found at '/foo/bar/[]'"},
		{"62", path, "/{}", "end of input expected but '{' found at '/[{]}'"},
		{"62", path, `/\?`, `'x' expected but '?' found at '/\[?]'`},
		{"62", path, `/\x?`, `hex char expected but '?' found at '/\x[?]'`},
		{"62", path, `/\x0?`, `hex char expected but '?' found at '/\x0[?]'`},
		{"63", path, "/foo^bar", "end of input expected but '^' found at '/foo[^]bar'"},
		{"63", path, "/foo/bar/", "label char expected but end of input found at '/foo/bar/[]'"},
		{"129", path, "invalid-param", "'/' expected but 'i' found at '[i]nvalid-param'"},
		{"129", dtab, "invalid-param", "'/' expected but 'i' found at '[i]nvalid-param'"},
		{"25", dtab, "i am not a dtab", "'/' expected but 'i' found at '[i] am not a dtab'"},
		{"", path, "/*", "end of input expected but '*' found at '/[*]'"},
		{"", path, "/a//b", "label char expected but '/' found at '/a/[/]b'"},
		{"", path, "/é", "end of input expected but 'é' found at '/[é]'"},
		{"", path, "/\xff", "end of input expected but '\xff' found at '/[\xff]'"},
		{"67", tree, "", "simple expected but end of input found at '[]'"},
		{"67", tree, "#", "simple expected but end of input found at '#[]'"},
		{"67", tree, "/foo &", "simple expected but end of input found at '/foo &[]'"},
		{"67", tree, "/foo & 0.1.2 * /bar", "number char expected but '.' found at '/foo & 0.1[.]2 * /bar'"},
		{"67", tree, "/foo & . * /bar", "weight expected but '.' found at '/foo & .[ ]* /bar'"},
		{"", tree, "/foo |", "simple expected but end of input found at '/foo |[]'"},
		{"", tree, "(/a", "')' expected but end of input found at '(/a[]'"},
		{"", tree, "1 /a", "'*' expected but '/' found at '1 [/]a'"},
		{"", tree, "/a b", "end of input expected but 'b' found at '/a [b]'"},
		{"68", dtab, "/foo/*bar/baz => !", "'=' expected but 'b' found at '/foo/*[b]ar/baz => !'"},
		{"68", dtab, "/&!", "'=' expected but '&' found at '/[&]!'"},
		{"", dtab, "/a = > /b", "'>' expected but ' ' found at '/a =[ ]> /b'"},
		{"", dtab, "/a=>/b,/c=>/d", "end of input expected but ',' found at '/a=>/b[,]/c=>/d'"},
	} {
		t.Run(title(c.vector, c.in), func(t *testing.T) {
			err := c.parse(c.in)
			var parse *resolve.ParseError
			if !errors.As(err, &parse) || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestParseTree(t *testing.T) {
	neg, empty, fail := tree{}, tree{Op: resolve.Empty}, tree{Op: resolve.Fail}
	for _, c := range []struct {
		vector, in, shown string
		want              tree
	}{
		{"64", "! | ~ | $", "! | ~ | $", resolve.AltOf(weigh(0, fail), neg, empty)},
		{"65", "/foo & /bar | /bar & /baz", "/foo & /bar | /bar & /baz", resolve.AltOf(
			resolve.UnionOf(weigh(1, leaf("/foo")), weigh(1, leaf("/bar"))),
			resolve.UnionOf(weigh(1, leaf("/bar")), weigh(1, leaf("/baz"))),
		)},
		{"66", "1 * /foo & 2 * /bar | .5 * /bar & .5 * /baz", "/foo & 2*/bar | 0.5*/bar & 0.5*/baz", resolve.AltOf(
			resolve.UnionOf(weigh(1, leaf("/foo")), weigh(2, leaf("/bar"))),
			resolve.UnionOf(weigh(.5, leaf("/bar")), weigh(.5, leaf("/baz"))),
		)},
		{"", "0.001*/a&/b", "0.001*/a & /b", resolve.UnionOf(weigh(.001, leaf("/a")), weigh(1, leaf("/b")))},
		{"", "0.3 * (/a)", "/a", leaf("/a")},
		{"", "( /a | /b ) & 3*$", "(/a | /b) & 3*$", resolve.UnionOf(
			weigh(1, resolve.AltOf(leaf("/a"), leaf("/b"))), weigh(3, empty))},
		{"", "/a | (/b | /c)", "/a | (/b | /c)", resolve.AltOf(leaf("/a"), resolve.AltOf(leaf("/b"), leaf("/c")))},
		{"", "/ # all\n | ~", "/ | ~", resolve.AltOf(leaf("/"), neg)},
	} {
		t.Run(title(c.vector, c.in), func(t *testing.T) {
			got, err := resolve.ParseTree(c.in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, equalPaths); diff != "" {
				t.Error(diff)
			}
			if shown := resolve.ShowTree(got); shown != c.shown {
				t.Errorf("printed as %s, want %s", shown, c.shown)
			}
		})
	}
}

func TestParseDtab(t *testing.T) {
	for _, c := range []struct {
		vector, in, want string
		entries          int
	}{
		{"68", "/=>!", "/=>!", 1},
		{"68", "/foo/*/bar => !", "/foo/*/bar=>!", 1},
		{"69", "", "", 0},
		{"69", "/=>!;", "/=>!", 1},
		{"69", "/=>!;/foo=>/bar", "/=>!;/foo=>/bar", 2},
		{"70", "\n/#foo => /biz  # c\n | ( /bliz & # a comment\n /bluth ) # and more\n;\n#/ignore=>/me;\n", "/#foo=>/biz | /bliz & /bluth", 1},
		{"", ";; /a=>/b ;; ", "/a=>/b", 1},
		{"", `/\x2a/\x61=>/b`, `/\x2a/a=>/b`, 1},
	} {
		t.Run(title(c.vector, c.in), func(t *testing.T) {
			d, err := resolve.ParseDtab(c.in)
			if err != nil || d.String() != c.want || len(d) != c.entries {
				t.Errorf("got %d entries %q, %v; want %d entries %q", len(d), d, err, c.entries, c.want)
			}
		})
	}
}

func TestParsersAreBounded(t *testing.T) {
	deep := strings.Repeat("(", 65) + "/a" + strings.Repeat(")", 65)
	if _, err := resolve.ParseTree(deep); err == nil {
		t.Error("a tree nested too deep was read")
	}
	if _, err := resolve.ParseTree(deep[1 : len(deep)-1]); err != nil {
		t.Errorf("a tree nested as deep as allowed: %v", err)
	}
	if _, err := resolve.ParseDtab("/=>" + deep); err == nil {
		t.Error("an entry nested too deep was read")
	}
	if _, err := resolve.ParseDtab("/=>" + deep[1:len(deep)-1]); err != nil {
		t.Errorf("an entry nested as deep as allowed: %v", err)
	}
	long := func(n int) string { return "/" + strings.Repeat("a", n-1) }
	for what, parse := range map[string]func(string) error{
		"path":      func(s string) error { _, err := resolve.ParsePath(s); return err },
		"prefix":    func(s string) error { _, err := resolve.ParsePrefix(s); return err },
		"name tree": func(s string) error { _, err := resolve.ParseTree(s); return err },
	} {
		if err := parse(long(limits.TextBytes)); err != nil {
			t.Errorf("a %s as long as allowed: %v", what, err)
		}
		if err := parse(long(limits.TextBytes + 1)); err == nil || err.Error() != what+" of 65537 bytes is longer than the limit of 65536" {
			t.Errorf("a %s too long: %v", what, err)
		}
	}
	if _, err := resolve.ParseDtab(strings.Repeat(" ", limits.DtabBytes)); err != nil {
		t.Errorf("a dtab as long as allowed: %v", err)
	}
	if _, err := resolve.ParseDtab(strings.Repeat(" ", limits.DtabBytes+1)); err == nil {
		t.Error("a dtab too long was read")
	}
	if d, err := resolve.ParseDtab(strings.Repeat("/=>!;", limits.Dentries)); err != nil || len(d) != limits.Dentries {
		t.Errorf("a dtab of as many entries as allowed has %d: %v", len(d), err)
	}
	if _, err := resolve.ParseDtab(strings.Repeat("/=>!;", limits.Dentries+1)); err == nil {
		t.Error("a dtab of too many entries was read")
	}
	if _, err := resolve.ParseTree(strings.Repeat("9", 400) + "*/a & /b"); err == nil {
		t.Error("an infinite weight was read")
	}
}

func TestPathLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, q := paths.Draw(t, "p"), paths.Draw(t, "q")
		n := rapid.IntRange(0, 6).Draw(t, "n")
		if again, err := resolve.ParsePath(p.String()); err != nil || again != p {
			t.Fatalf("%s is read as %s, %v", p, again, err)
		}
		if again, err := resolve.NewPath(p.Labels()...); err != nil || again != p {
			t.Fatalf("%s of its labels is %s, %v", p, again, err)
		}
		if got := p.Take(n).Append(p.Drop(n)); got != p {
			t.Fatalf("%s taken apart at %d is %s", p, n, got)
		}
		both := p.Append(q)
		if !both.HasPrefix(p) || both.Drop(p.Len()) != q || both.Len() != p.Len()+q.Len() {
			t.Fatalf("%s and %s make %s", p, q, both)
		}
		for i, l := range both.Labels() {
			if both.Label(i) != l {
				t.Fatalf("label %d of %s is %q and %q", i, both, l, both.Label(i))
			}
		}
		if p.HasPrefix(q) != (p.Take(q.Len()) == q) {
			t.Fatalf("HasPrefix of %s and %s", p, q)
		}
	})
}

func TestPrintedTreesAreReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := trees(3).Draw(t, "tree")
		text := resolve.ShowTree(in)
		out, err := resolve.ParseTree(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(in, out, equalPaths); diff != "" {
			t.Fatalf("%s: %s", text, diff)
		}
	})
}

func TestPrintedDtabsAreReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := dtabs.Draw(t, "dtab")
		out, err := resolve.ParseDtab(in.String())
		if err != nil {
			t.Fatalf("%s: %v", in, err)
		}
		if diff := cmp.Diff(in, out, equalPaths, equalPrefixes); diff != "" && len(in)+len(out) > 0 {
			t.Fatalf("%s: %s", in, diff)
		}
	})
}

func TestParserAPI(t *testing.T) {
	if _, err := resolve.NewPath("a", ""); err == nil {
		t.Error("an empty label was taken")
	}
	if p, err := resolve.ParsePrefix(" /a/*/b "); err != nil || p.String() != "/a/*/b" || p.Len() != 3 {
		t.Errorf("got prefix %s, %v", p, err)
	}
	if _, err := resolve.ParsePrefix("/a/"); err == nil {
		t.Error("a prefix with an empty element was read")
	}
	for name, f := range map[string]func(){
		"MustPath": func() { resolve.MustPath("a") },
		"MustDtab": func() { resolve.MustDtab("a") },
		"Label":    func() { resolve.MustPath("/a").Label(1) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s did not panic", name)
				}
			}()
			f()
		}()
	}
}

// TestSpace: white space is what Java takes for it, so not the spaces that do not break
// lines.
func TestSpace(t *testing.T) {
	for r := range rune(0x3100) {
		want := strings.ContainsRune(" \t\n\v\f\r\x1c\x1d\x1e\x1f\u1680\u2028\u2029\u205f\u3000", r) || 0x2000 <= r && r <= 0x200a && r != 0x2007
		if _, err := resolve.ParsePath(string(r) + "/a" + string(r)); (err == nil) != want {
			t.Errorf("%U is read as white space: %v", r, !want)
		}
	}
}
