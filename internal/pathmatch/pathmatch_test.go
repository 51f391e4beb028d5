package pathmatch_test

import (
	"errors"
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/limits"
	"github.com/meshhop/meshhop/internal/pathmatch"
	"github.com/meshhop/meshhop/resolve"
)

type vars = map[string]string

func title(vector, what string) string {
	if vector == "" {
		return what
	}
	return "vector " + vector + ": " + what
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		vector, pattern, name string
		want                  vars // nil: no match
	}{
		{"92", "/foo/bar/{A}-{B}", "/foo/bar/foo-bar-baz", vars{"A": "foo-bar", "B": "baz"}},
		{"93", "/foo/bar/{A}:http", "/foo/bar/bas:http", vars{"A": "bas"}},
		{"93", "/foo/{A}", "/foo/bar/bas", vars{"A": "bar"}},
		{"93", "/foo/bar", "/foo", nil},

		{"", "/foo/bar", "/foo/bar", vars{}},
		{"", "/foo/bar", "/foo/bar/bas", vars{}},
		{"", "/foo/bar", "/foo/goo", nil},
		{"", "/foo/*/*", "/foo/hi/there", vars{}},
		{"", "/foo/{A_B_C}", "/foo/bar/bas", vars{"A_B_C": "bar"}},
		{"", "/foo/{A}/*/{B}", "/foo/boo/bar/bas", vars{"A": "boo", "B": "bas"}},
		{"", "/foo/bar/{A}.com/{B}", "/foo/bar/foo.com/80", vars{"A": "foo", "B": "80"}},
		{"", "/foo/bar/{A}-{B}/{C}", "/foo/bar/foo-com/80", vars{"A": "foo", "B": "com", "C": "80"}},
		{"", "/foo/bar/{A}.{B}/{C}", "/foo/bar/foo.com/80", vars{"A": "foo", "B": "com", "C": "80"}},
		{"", "/foo/bar/{A}.{B}.{C}/{D}", "/foo/bar/www.foo.com/80", vars{"A": "www", "B": "foo", "C": "com", "D": "80"}},
		{"", "/foo/{A}/*/{B}:http", "/foo/boo/bar/bas:http", vars{"A": "boo", "B": "bas"}},
		{"", "/foo/{A}/bar", "/foo/bar/bad", nil},
		{"", "/foo/{A}:http", "/foo/bar/bas:http", nil},
		{"", "/foo/bar/{A}.com", "/foo/bar/fooxcom", nil}, // a dot is a dot

		{"", "/", "/any/thing", vars{}},
		{"", "", "/any/thing", vars{}},
		{"", "/", "/", vars{}},
		{"", "foo/{A}", "/foo/bar", vars{"A": "bar"}},
		{"", "//foo/{A}//", "/foo/bar", vars{"A": "bar"}},
		{"", "/*", "/", nil}, // an exception in Linkerd
		{"", "/foo/*", "/foo", nil},
		{"", "/{A}", "/", nil},
		{"", "/{A}{B}", "/foo", vars{"A": "foo", "B": ""}},
		{"", "/{A}-{B}", "/a-b-c", vars{"A": "a-b", "B": "c"}},
		{"", "/{A}-{B}-{C}", "/a-b", nil},
		{"", "/{A}aa", "/aaa", vars{"A": "a"}},
		{"", "/{A}a{B}a", "/aaa", vars{"A": "a", "B": ""}},
		{"", "/{A}-{A}", "/a-b", vars{"A": "b"}},
		{"", "/{A}/{A}", "/a/b", vars{"A": "b"}},
		{"", "/x{A}", "/aax-xb", vars{"A": "-xb"}},        // not only at the beginning
		{"", "/{A}:http", "/bas:https", vars{"A": "bas"}}, // nor only at the end
		{"", "/x{A}y", "/yx", nil},
		{"", "/{a.b:c-d}", "/foo", vars{"a.b:c-d": "foo"}},
		{"", `/\x66oo`, "/foo", vars{}},
		{"", `/\x5B`, `/\x5b`, vars{}},
		{"", `/\x66{A}`, "/foo", vars{"A": "oo"}},
		{"", "/svc/{host}", `/svc/\x5b\x3a\x3a\x31\x5d`, vars{"host": `\x5b\x3a\x3a\x31\x5d`}},
		{"", "/#/io.l5d.fs/{A}", "/#/io.l5d.fs/web", vars{"A": "web"}},
		{"", "/$/io.buoyant.rinet/443/{hostname}", "/$/io.buoyant.rinet/443/example.com", vars{"hostname": "example.com"}},
	} {
		t.Run(title(c.vector, c.pattern+" on "+c.name), func(t *testing.T) {
			m, err := pathmatch.Parse(c.pattern)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := m.Match(resolve.MustPath(c.name))
			if diff := cmp.Diff(c.want, got); diff != "" || ok != (c.want != nil) {
				t.Errorf("match is %v: %s", ok, diff)
			}
			if m.String() != c.pattern {
				t.Errorf("it is printed as %s", m)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ pattern, want string }{
		{"/a//b", `label char, '{' or '*' alone expected but '/' found at '/a/[/]b'`},
		{"/a b", `label char, '{' or '*' alone expected but ' ' found at '/a[ ]b'`},
		{"/*a", `'/' expected but 'a' found at '/*[a]'`},
		{"/a*", `label char, '{' or '*' alone expected but '*' found at '/a[*]'`},
		{"/{A}*", `label char, '{' or '*' alone expected but '*' found at '/{A}[*]'`},
		{"/v[0-9]+", `label char, '{' or '*' alone expected but '[' found at '/v[[]0-9]+'`},
		{"/{}", `name of a capture expected but '}' found at '/{[}]'`},
		{"/{a", `'}' expected but end of input found at '/{a[]'`},
		{"/{a/b}", `'}' expected but '/' found at '/{a[/]b}'`},
		{"/{a$}", `'}' expected but '$' found at '/{a[$]}'`},
		{"/a}", `label char, '{' or '*' alone expected but '}' found at '/a[}]'`},
		{`/\x6`, `hex char expected but end of input found at '/\x6[]'`},
		{`/\y`, `'x' expected but 'y' found at '/\[y]'`},
		{`/\x61\x2f{A}`, `label char that needs no escape, as there is a capture, expected but '\' found at '/\x61[\]x2f{A}'`},
		{"/\x00", "label char, '{' or '*' alone expected but '\x00' found at '/[\x00]'"},
	} {
		t.Run(c.pattern, func(t *testing.T) {
			_, err := pathmatch.Parse(c.pattern)
			var parse *resolve.ParseError
			if !errors.As(err, &parse) || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
	if _, err := pathmatch.Parse(strings.Repeat("a", limits.TextBytes+1)); err == nil {
		t.Error("a pattern too long was read")
	}
}

func TestVars(t *testing.T) {
	m, err := pathmatch.Parse("/{b}-{a}/*/{b}")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b", "a"}, m.Vars()); diff != "" {
		t.Error(diff)
	}
}

func TestSubstitute(t *testing.T) {
	values := vars{"A": "boo", "B": "bas", "C": "{A}", "": "x"}
	for _, c := range []struct{ text, want string }{
		{"/{A}/and/{B}", "/boo/and/bas"},
		{"{A}{A}", "booboo"},
		{"{C}", "{A}"},
		{"{D}{A}", "{D}boo"},
		{"{{A}}", "{boo}"},
		{"{A", "{A"},
		{"A}", "A}"},
		{"{", "{"},
		{"", ""},
	} {
		if got := pathmatch.Substitute(c.text, values); got != c.want {
			t.Errorf("%s becomes %s, want %s", c.text, got, c.want)
		}
	}
}

// linkerdMatch is PathMatcher.scala in Go: each segment with captures is a
// regular expression. (Go's is leftmost-first with greedy stars, as Java's.)
func linkerdMatch(pattern string, p resolve.Path) (vars, bool) {
	capture := regexp.MustCompile(`\{([a-zA-Z0-9_:]+)\}`)
	got := vars{}
	labels := strings.Split(strings.TrimPrefix(p.String(), "/"), "/")
	if p.IsEmpty() {
		labels = nil
	}
	for seg := range strings.SplitSeq(strings.Trim(pattern, "/"), "/") {
		switch {
		case seg == "" && strings.Trim(pattern, "/") == "":
			continue
		case len(labels) == 0:
			return nil, false
		case seg == "*":
		case !capture.MatchString(seg):
			if seg != labels[0] {
				return nil, false
			}
		default:
			names := capture.FindAllStringSubmatch(seg, -1)
			seg = strings.NewReplacer(".", `\.`, "$", `\$`).Replace(seg)
			found := regexp.MustCompile(capture.ReplaceAllString(seg, "(.*)")).FindStringSubmatch(labels[0])
			if found == nil {
				return nil, false
			}
			for i, name := range names {
				got[name[1]] = found[i+1]
			}
		}
		labels = labels[1:]
	}
	return got, true
}

func FuzzMatch(f *testing.F) {
	for _, s := range []string{"/foo/bar/{A}-{B}", "/{A}:http", "/foo/*", "/", "", "/x{A}aa{B}a{A}", "/{a.b}", `/\x66oo`, "/{A}{B}.{C}", "//a//", "/{A", "/*a", "/$x{A}"} {
		f.Add(s, "/foo/bar/foo-bar-baz")
		f.Add(s, "/xaa.aaba:http")
		f.Add(s, `/\x2f/$x`)
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		m, err := pathmatch.Parse(pattern)
		if err != nil {
			_ = err.Error()
			return
		}
		p, err := resolve.ParsePath(name)
		if err != nil {
			return
		}
		got, ok := m.Match(p)
		for _, v := range m.Vars() {
			if _, captured := got[v]; ok && !captured {
				t.Errorf("%q on %s captures no %q", pattern, p, v)
			}
		}
		if pathmatch.Substitute(p.String(), got) != p.String() {
			t.Errorf("%s has captures in it", p)
		}
		if strings.ContainsAny(pattern, `\-`) || strings.Contains(pattern, "{.") || regexp.MustCompile(`\{[^}]*[.]`).MatchString(pattern) {
			return // differs from Linkerd's on purpose
		}
		if want, wantOK := linkerdMatch(pattern, p); ok != wantOK || !maps.Equal(got, want) {
			t.Errorf("%q on %s: got %v, %v, Linkerd %v, %v", pattern, p, got, ok, want, wantOK)
		}
	})
}
