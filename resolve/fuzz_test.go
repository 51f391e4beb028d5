package resolve_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/resolve"
)

var seeds = []string{
	"", "/", "  /foo/bar  ", `/\x66\x6f\x6F`, "/foo/bar/", "/{}", `/\?`, `/\x?`, `/\x0?`, "/foo^bar",
	"! | ~ | $", "/foo & /bar | /bar & /baz", "1 * /foo & 2 * /bar | .5 * /bar & .5 * /baz",
	"#", "/foo &", "/foo & 0.1.2 * /bar", "/foo & . * /bar",
	"/=>!", "/foo/*/bar => !", "/foo/*bar/baz => !", "/&!", "/=>!;", "/=>!;/foo=>/bar",
	"/#foo => /biz  # c\n | ( /bliz & /bluth );\n#/ignore=>/me;\n", "i am not a dtab", "/a => (((/b)))",
}

func FuzzParsePath(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := resolve.ParsePath(s)
		if err != nil {
			_ = err.Error()
			return
		}
		if again, err := resolve.ParsePath(p.String()); err != nil || again != p {
			t.Errorf("%q is %s, which is %s, %v", s, p, again, err)
		}
	})
}

func FuzzParseTree(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x, err := resolve.ParseTree(s)
		if err != nil {
			_ = err.Error()
			return
		}
		again, err := resolve.ParseTree(resolve.ShowTree(x))
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if diff := cmp.Diff(x, again, equalPaths); diff != "" {
			t.Errorf("%q: %s", s, diff)
		}
	})
}

func FuzzParseDtab(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := resolve.ParseDtab(s)
		if err != nil {
			_ = err.Error()
			return
		}
		again, err := resolve.ParseDtab(d.String())
		if err != nil || again.String() != d.String() {
			t.Errorf("%q is %q, which is %q, %v", s, d, again, err)
		}
	})
}

func FuzzParsePrefix(f *testing.F) {
	for _, s := range seeds {
		f.Add(s, "/foo/x/bar/baz")
	}
	f.Fuzz(func(t *testing.T, s, name string) {
		x, err := resolve.ParsePrefix(s)
		if err != nil {
			_ = err.Error()
			return
		}
		if again, err := resolve.ParsePrefix(x.String()); err != nil || again != x {
			t.Errorf("%q is %s, which is %s, %v", s, x, again, err)
		}
		if p, err := resolve.ParsePath(name); err == nil && x.Matches(p) && p.Len() < x.Len() {
			t.Errorf("%s matches the shorter %s", x, p)
		}
	})
}
