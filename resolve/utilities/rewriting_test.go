package utilities_test

import (
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/resolve/utilities"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func rewritings() map[string]resolve.Namer {
	all := make(map[string]resolve.Namer)
	for name, n := range utilities.Rewriting() {
		all[strings.TrimPrefix(name, "io.buoyant.")] = n
	}
	return all
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

func TestUtilities(t *testing.T) {
	long := strings.Repeat("a", 64)
	for _, c := range []struct{ vector, utility, name, want string }{
		{"82", "hostportPfx", "/ia/127.1:8080/etc", "/ia/127.1/8080/etc"},
		{"82", "hostportPfx", "/ia/google.com:http/etc", "/ia/google.com/http/etc"},
		{"82", "hostportPfx", "/ia/google.com:8180:abcdef/etc", "~"},
		{"83", "porthostPfx", "/ia/127.1:8080/etc", "/ia/8080/127.1/etc"},
		{"84", "http.anyMethod", "/GET/foo/bar/bah", "/foo/bar/bah"},
		{"84", "http.anyMethod", "/A.B/foo/bar/bah", "~"},
		{"85", "http.anyHost", "/a.b/foo/bar/bah", "/foo/bar/bah"},
		{"85", "http.anyHost", "/a%b/foo/bar/bah", "~"},
		{"85", "http.anyHostPfx", "/foo/a.b/bar/bah", "/foo/bar/bah"},
		{"86", "http.subdomainOf", "/a.b/foo.a.b/bar/bah", "/foo/bar/bah"},
		{"86", "http.subdomainOfPfx", "/a.b/foo/bar.a.b:9090/bah", "/foo/bar/bah"},
		{"86", "http.subdomainOfPfx", "/a.b/foo/bar_suffix.a.b/bah", "/foo/bar_suffix/bah"},
		{"87", "http.domainToPath", "/foo.buoyant.io", "/io/buoyant/foo"},
		{"87", "http.domainToPathPfx", "/pfx/foo.buoyant.io", "/pfx/io/buoyant/foo"},

		{"", "hostportPfx", "/ia/google.com:8180/etc", "/ia/google.com/8180/etc"},
		{"", "hostportPfx", "/ia/google.com:http:abcdef/etc", "~"},
		{"", "hostportPfx", "/ia/127.1:8080", "/ia/127.1/8080"},
		{"", "hostportPfx", "/ia/google.com", "~"},
		{"", "hostportPfx", "/ia/google.com:", "~"},
		{"", "hostportPfx", "/ia/google.com:HTTP", "~"},
		{"", "hostportPfx", "/ia/google.com:-a", "~"},
		{"", "hostportPfx", "/ia/google.com:a-", "/ia/google.com/a-"},
		{"", "hostportPfx", "/ia/google.com:" + long[1:], "/ia/google.com/" + long[1:]},
		{"", "hostportPfx", "/ia/google.com:" + long, "~"},
		{"", "hostportPfx", "/ia/:80", "~"}, // an exception in Linkerd
		{"", "hostportPfx", "/ia", "~"},
		{"", "hostportPfx", "/google.com:80", "~"},
		{"", "hostportPfx", `/ia/\xff\x20\x3a\x38\x30/etc`, `/ia/\xff\x20/80/etc`},
		{"", "porthostPfx", "/ia/127.1:http/etc", "/ia/http/127.1/etc"},
		{"", "porthostPfx", "/ia/a:b:c", "~"},

		{"", "http.anyMethod", "/GET", "/"},
		{"", "http.anyMethod", "/get/foo", "~"},
		{"", "http.anyMethod", `/\x47\x45\x54\x0a/foo`, "~"},
		{"", "http.anyMethodPfx", "/foo/GET/bar/bah", "/foo/bar/bah"},
		{"", "http.anyMethodPfx", "/foo/A.B/bar/bah", "~"},
		{"", "http.anyMethodPfx", "/foo", "~"},
		{"", "http.anyMethodPfx", "/GET", "~"},

		{"", "http.anyHost", "/::1:80/foo", "/foo"},
		{"", "http.anyHost", `/\x5b\x3a\x3a\x31\x5d/foo`, "~"},
		{"", "http.anyHostPfx", "/foo/a%b/bar/bah", "~"},
		{"", "http.anyHostPfx", "/foo", "~"},

		{"", "http.subdomainOf", "/a.b/a.b/c", "~"},
		{"", "http.subdomainOf", "/a.b/.a.b/c", "~"},
		{"", "http.subdomainOf", "/a.b/fooa.b/c", "~"},
		{"", "http.subdomainOf", "/a.b/foo.A.b/c", "~"},
		{"", "http.subdomainOf", "/a.b/foo.a.b.c/c", "~"},
		{"", "http.subdomainOf", "/a.b/x.y.a.b:80/c", "/x.y/c"},
		{"", "http.subdomainOf", "/a.b/foo.a.b", "/foo"},
		{"", "http.subdomainOf", "/a.b:80/foo.a.b:80/c", "~"},
		{"", "http.subdomainOf", "/a%b/foo.a%b/c", "~"},
		{"", "http.subdomainOf", "/a.b", "~"},
		{"", "http.subdomainOfPfx", "/a.b/foo/bar.a.b/bah", "/foo/bar/bah"},
		{"", "http.subdomainOfPfx", "/a.b/foo/bar-suffix.a.b/bah", "/foo/bar-suffix/bah"},
		{"", "http.subdomainOfPfx", "/a.b/foo/a.b", "~"},
		{"", "http.subdomainOfPfx", "/a.b/foo.a.b", "~"},

		{"", "http.domainToPath", "/foo.buoyant.io/resource/name", "/io/buoyant/foo/resource/name"},
		{"", "http.domainToPath", "/foo.buoyant.io:80/x", "/io:80/buoyant/foo/x"}, // the port is not cut off
		{"", "http.domainToPath", "/foo", "/foo"},
		{"", "http.domainToPath", "/foo.io./x", "/io/foo/x"},
		{"", "http.domainToPath", "/.foo.io/x", "~"}, // an exception in Linkerd
		{"", "http.domainToPath", "/foo..io/x", "~"},
		{"", "http.domainToPath", "/./x", "~"},
		{"", "http.domainToPath", "/a%b/x", "~"},
		{"", "http.domainToPathPfx", "/pfx/foo.buoyant.io/resource/name", "/pfx/io/buoyant/foo/resource/name"},
		{"", "http.domainToPathPfx", "/pfx", "~"},
	} {
		t.Run(title(c.vector, c.utility+c.name), func(t *testing.T) {
			if got := become(t, rewritings()[c.utility], resolve.MustPath(c.name)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	for name, u := range rewritings() {
		if got := become(t, u, resolve.Path{}); got != "~" {
			t.Errorf("%s makes %s of nothing", name, got)
		}
	}
}

func title(vector, what string) string {
	if vector == "" {
		return what
	}
	return "vector " + vector + ": " + what
}

func TestConformance(t *testing.T) {
	for name, c := range map[string]struct{ exists, becomes, missing string }{
		"hostportPfx":          {"/p/web:80", "/p/web/80", "/p/web"},
		"porthostPfx":          {"/p/web:80", "/p/80/web", "/p/web"},
		"http.anyMethod":       {"/GET/web", "/web", "/get/web"},
		"http.anyMethodPfx":    {"/p/GET/web", "/p/web", "/p/get"},
		"http.anyHost":         {"/web:80/x", "/x", "/a%b"},
		"http.anyHostPfx":      {"/p/web", "/p", "/p/a%b"},
		"http.subdomainOf":     {"/b.c/a.b.c", "/a", "/b.c/a.c"},
		"http.subdomainOfPfx":  {"/b.c/p/a.b.c", "/p/a", "/b.c/p/a.c"},
		"http.domainToPath":    {"/a.b", "/b/a", "/a%b"},
		"http.domainToPathPfx": {"/p/a.b", "/p/b/a", "/p/a%b"},
	} {
		t.Run(name, func(t *testing.T) {
			resolvetest.TestNamer(t, func(*testing.T) resolvetest.Subject {
				return resolvetest.Subject{
					Namer:   rewritings()[name],
					Exists:  resolve.MustPath(c.exists),
					Becomes: resolve.MustPath(c.becomes),
					Missing: resolve.MustPath(c.missing),
				}
			})
		})
	}
}

func FuzzUtilities(f *testing.F) {
	for _, s := range []string{"/p/a.b:80/x", "/GET/x", "/a.b/foo.a.b:80/bar", "/a.b/p/.a.b", "/...", "/p/:80", `/\x00/\xff`, "/", "/::1/a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := resolve.ParsePath(s)
		if err != nil {
			return
		}
		for name, u := range rewritings() {
			tree := u.Lookup(p).Sample().Value
			if tree.Op == resolve.Neg {
				continue
			}
			to := tree.Leaf.Path
			if again, err := resolve.ParsePath(to.String()); err != nil || again != to || tree.Op != resolve.Leaf || tree.Leaf.Bound != nil {
				t.Errorf("%s makes %v %s of %s, %v", name, tree.Op, to, p, err)
			}
			// What follows the labels that it is for stays.
			rest := resolve.MustPath("/the/rest")
			if got := u.Lookup(p.Append(rest)).Sample().Value.Leaf.Path; got != to.Append(rest) {
				t.Errorf("%s makes %s of %s%s", name, got, p, rest)
			}
		}
	})
}
