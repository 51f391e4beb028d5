package rewrite_test

import (
	"cmp"
	"errors"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/internal/limits"
	"github.com/meshhop/meshhop/internal/pathmatch"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/resolve/rewrite"
)

func newNamer(t testing.TB, pattern, name string) (*rewrite.Namer, error) {
	t.Helper()
	return rewrite.New(rewrite.Config{Pattern: pattern, Name: name})
}

func TestNamer(t *testing.T) {
	for _, c := range []struct{ vector, pattern, name, from, want string }{
		{"90", "/one/two", "/success", "/one/two/three", "/success"},
		{"91", "/{foo}/*/three", "/success/{foo}", "/one/two/three", "/success/one"},
		{"91", "/{foo}/*/four", "/success/{foo}", "/one/two/three", "~"},
		{"", "/one/*/three", "/success", "/one/two/three", "/success"},
		{"", "/one/*/four", "/success", "/one/two/three", "~"},
		{"", "/{service}/api", "/srv/{service}", "/foo/api", "/srv/foo"},
		{"", "/{service}/api", "/srv/{service}", "/foo", "~"},
		{"", "/one/*", "/success", "/one", "~"}, // an exception in Linkerd
		{"", "/{a}-{b}", "/{b}/{a}/{b}.x", "/one-two/rest", "/two/one/two.x"},
		{"", "/{a}", "/{a}", `/\x5b\x5d`, `/\x5b\x5d`},
		{"", "/", "/always", "/", "/always"},
		{"", "/{a}", "  /x # what it was: nothing", "/y", "/x"},
		{"", "/{a}:http", "/srv/{a}", "/:http",
			"rewrite: /:http matches /{a}:http, but is not a path as /srv/{a}: label char expected but end of input found at '/srv/[]'"},
	} {
		t.Run(title(c.vector, c.pattern+" on "+c.from), func(t *testing.T) {
			n, err := newNamer(t, c.pattern, c.name)
			if err != nil {
				t.Fatal(err)
			}
			if got := become(t, n, resolve.MustPath(c.from)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestNamerConformance(t *testing.T) {
	resolvetest.TestNamer(t, func(t *testing.T) resolvetest.Subject {
		n, err := newNamer(t, "/{service}/api", "/srv/{service}")
		if err != nil {
			t.Fatal(err)
		}
		return resolvetest.Subject{
			Namer:     n,
			Exists:    resolve.MustPath("/web/api"),
			Becomes:   resolve.MustPath("/srv/web"),
			DropsRest: true,
			Missing:   resolve.MustPath("/web/ui"),
		}
	})
}

func TestNamerErrors(t *testing.T) {
	for _, c := range []struct{ pattern, name, want string }{
		{"/{a}/{b}", "/srv/{c}/{a}", "one of {a}, {b} expected but '{c}' found at '/srv/[{]c}/{a}'"},
		{"/a", "/srv/{c}", "no capture, as the pattern has none, expected but '{c}' found at '/srv/[{]c}'"},
		{"/{a}", "/srv/{a", "one of {a} expected but '{a' found at '/srv/[{]a'"},
		{"/{a}", "/srv/{}", "one of {a} expected but '{}' found at '/srv/[{]}'"},
		{"/{a}", "/srv/{{a}}", "one of {a} expected but '{{a}' found at '/srv/[{]{a}}'"},
		{"/{a}", "{a}", "'/' expected but '{' found at '[{]a}'"},
		{"/{a}", "/b {a}", "end of input expected but '{' found at '/b [{]a}'"},
		{"/{a}", "/{a}/", "label char expected but end of input found at '/{a}/[]'"},
		{"/{a}", "/{a}/b c", "end of input expected but 'c' found at '/{a}/b [c]'"},
		{"/{a}", "", "'/' expected but end of input found at '[]'"},
	} {
		_, err := newNamer(t, c.pattern, c.name)
		var parse *resolve.ParseError
		if !errors.As(err, &parse) || err.Error() != "rewrite: Name: "+c.want {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	if _, err := newNamer(t, "/{a}", "/"+strings.Repeat("x", limits.TextBytes)); err == nil {
		t.Error("a name too long was taken")
	}
	if _, err := rewrite.New(rewrite.Config{Name: "/a"}); err == nil {
		t.Error("no pattern was taken")
	}
}

func FuzzNamer(f *testing.F) {
	f.Add("/{a}-{b}/*", "/{b}/{a}", "/one-two/x")
	f.Add("/{a}:http", "/srv/{a}", "/:http")
	f.Add("/", "/x", "/")
	f.Add("/{a}", "/{{a}}", "/x")
	f.Add("/{a}", " /{a} # {a}", `/\x5b`)
	f.Fuzz(func(t *testing.T, pattern, name, from string) {
		m, err := pathmatch.Parse(pattern)
		if err != nil {
			return
		}
		p, err := resolve.ParsePath(from)
		if err != nil {
			return
		}
		n, err := rewrite.New(rewrite.Config{Pattern: cmp.Or(pattern, "/"), Name: name})
		if err != nil {
			var parse *resolve.ParseError
			if errors.As(err, &parse) && (parse.Input != name || parse.Pos > len(name)) {
				t.Errorf("%q: the error is about %q", name, parse.Input)
			}
			return
		}
		vars, matches := m.Match(p)
		switch s := n.Lookup(p).Sample(); s.Status {
		case resolve.OK:
			if matches != (s.Value.Op == resolve.Leaf) {
				t.Errorf("%q on %s: %v", pattern, p, s.Value.Op)
			}
		case resolve.Failed:
			if !matches || s.Err.Error() == "" {
				t.Errorf("%q on %s failed: %v", pattern, p, s.Err)
			}
			for _, v := range vars {
				if v == "" {
					return
				}
			}
			if !strings.Contains(pattern, "{") || !strings.ContainsAny(p.String(), `\`) {
				t.Errorf("%q, %q on %s failed without an empty capture: %v", pattern, name, p, s.Err)
			}
		default:
			t.Errorf("no answer for %s", p)
		}
	})
}

func title(vector, what string) string {
	if vector == "" {
		return what
	}
	return "vector " + vector + ": " + what
}

// become is what a namer makes of a name, "~" for Neg.
func become(t testing.TB, n resolve.Namer, name resolve.Path) string {
	t.Helper()
	tree, err := n.Lookup(name).Wait(t.Context())
	if err != nil {
		return err.Error()
	}
	return resolve.ShowTree(resolve.MapTree(tree, func(n resolve.Name) resolve.Path { return n.Path }))
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
