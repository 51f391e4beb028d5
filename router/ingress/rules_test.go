package ingress

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/ingresses"
	"github.com/meshhop/meshhop/router"
)

func TestIngressIdentifier(t *testing.T) {
	backend := func(of string) ingresses.Backend {
		return ingresses.Backend{Service: of + "Service", Port: of + "Port"}
	}
	fallback := backend("default")
	other := backend("other")
	all := []ingresses.Ingress{
		{Class: "nginx", Rules: []ingresses.Rule{{Backend: other}}, Default: &other},
		{Namespace: "fooNamespace", Class: "linkerd", Default: &fallback, Rules: []ingresses.Rule{
			{Host: "foo.bar.com", Backend: backend("fooHost")},
			{Path: "/fooPath/.*", Backend: backend("fooPath")},
		}},
		{Rules: []ingresses.Rule{{Host: "late", Path: "/a|/b", Backend: backend("late")}}, Default: &other},
	}
	for _, test := range []struct {
		about, host, path string
		ignore            bool
		name, reason      string
		declined          bool
	}{
		{about: "vector 60: host", host: "foo.bar.com", path: "/penguins", name: "/fooNamespace/fooHostPort/fooHostService"},
		{about: "vector 60: path", host: "authority", path: "/fooPath/penguins", name: "/fooNamespace/fooPathPort/fooPathService"},
		{about: "vector 60: default", host: "authority", path: "/", name: "/fooNamespace/defaultPort/defaultService"},
		{about: "vector 60: defaults ignored", host: "authority", path: "/", ignore: true, reason: "no ingress rule matches", declined: true},
		{about: "the port does not count", host: "foo.bar.com:80", path: "/", name: "/fooNamespace/fooHostPort/fooHostService"},
		{about: "the whole path", host: "authority", path: "/x/fooPath/penguins", ignore: true, reason: "no ingress rule matches", declined: true},
		{about: "either alternative, whole", host: "late", path: "/b", name: "/default/latePort/lateService"},
		{about: "neither alternative", host: "late", path: "/ab", ignore: true, reason: "no ingress rule matches", declined: true},
		{about: "vector 226: case does not count", host: "FOO.bar.com", path: "/", name: "/fooNamespace/fooHostPort/fooHostService"},
		{about: "vector 226: two colons", host: "a:b:80", path: "/", reason: "more than one colon"},
		{about: "no host", path: "/fooPath/x?y=/z", name: "/fooNamespace/fooPathPort/fooPathService"},
	} {
		t.Run(test.about, func(t *testing.T) {
			identifier := newRules(all, Config{Class: "linkerd", IgnoreDefaultBackends: test.ignore})
			in := httptest.NewRequest("GET", test.path, nil)
			in.Host = test.host
			name, err := identifier.identify(in)
			if test.reason == "" {
				if err != nil || name.String() != test.name {
					t.Errorf("named %s, %v; want %s", name, err, test.name)
				}
				return
			}
			var declined *router.UnidentifiedError
			if err == nil || !strings.Contains(err.Error(), test.reason) || errors.As(err, &declined) != test.declined {
				t.Errorf("%s, %v; want %s, declined %t", name, err, test.reason, test.declined)
			}
		})
	}
}

// TestIngressSkipped: a rule that cannot be used is told of, and the others are used.
func TestIngressSkipped(t *testing.T) {
	i := newRules([]ingresses.Ingress{{Namespace: "n", Name: "a", Rules: []ingresses.Rule{
		{Host: "h", Path: "/[", Backend: ingresses.Backend{Service: "s", Port: "1"}},
		{Host: "h", Path: "/a)|(/b", Backend: ingresses.Backend{Service: "s", Port: "2"}},
		{Host: "h", Path: "/" + strings.Repeat("x", 5000), Backend: ingresses.Backend{Service: "s", Port: "3"}},
		{Host: "h", Path: "/(a|b)", Backend: ingresses.Backend{Service: "s", Port: "4"}},
	}}}, Config{Class: "linkerd"})
	for at, want := range []string{`ingress n/a, host "h", path "/[": error parsing regexp`, `path "/a)|(/b": error parsing regexp`, `longer than 4096 bytes`} {
		if got := i.skipped; len(got) != 3 || !strings.Contains(got[at], want) {
			t.Errorf("skipped %q, want %q at %d", got, want, at)
		}
	}
	if name, err := i.identify(httptest.NewRequest("GET", "http://h/a", nil)); err != nil || name.String() != "/n/4/s" {
		t.Errorf("a path with a group: %s, %v", name, err)
	}
	if len(i.all) != 1 || i.all[0].owner != "n/a" || i.hasFallback {
		t.Errorf("rules %v, fallback %s", i.all, i.fallback)
	}
}

// TestIngressTypes: vector 228, what pathType, hosts and classes mean, and which of
// several rules counts.
func TestIngressTypes(t *testing.T) {
	to := func(service string) ingresses.Backend { return ingresses.Backend{Service: service, Port: "1"} }
	rule := func(host, path, of, service string) ingresses.Rule {
		return ingresses.Rule{Host: host, Path: path, PathType: of, Backend: to(service)}
	}
	old, young := time.Unix(1, 0), time.Unix(2, 0)
	all := []ingresses.Ingress{
		{Namespace: "n", Name: "a", Created: young, Rules: []ingresses.Rule{
			rule("", "/.*", pathPattern, "pattern-any"),
			rule("h", "/.*", pathPattern, "pattern"),
			rule("h", "/foo", pathPrefix, "prefix"),
			rule("h", "/foo/bar/", pathPrefix, "longer"),
			rule("h", "/foo/bar", pathExact, "exact"),
			rule("h", "/re/a.*", pathPrefix, "literal"),
			rule("*.w.test", "/", pathPrefix, "wild"),
			rule("one.w.test", "/x", pathExact, "one"),
			rule("twice", "/", pathPrefix, "young"),
		}},
		{Namespace: "n", Name: "b", Created: old, Class: "linkerd", Rules: []ingresses.Rule{rule("twice", "/", pathPrefix, "old"), rule("twice", "/", pathPrefix, "second")}},
		{Namespace: "n", Name: "c", Class: "nginx", Rules: []ingresses.Rule{rule("h", "/nginx", pathExact, "nginx")}},
	}
	for _, row := range []struct {
		url, want string
		require   bool
	}{
		{url: "http://h/foo", want: "prefix"},
		{url: "http://h/foo/", want: "prefix"},
		{url: "http://h/foo/ba?x=/foo/bar", want: "prefix"},
		{url: "http://h/foobar", want: "pattern"},
		{url: "http://h/Foo", want: "pattern"},
		{url: "http://h/foo/bar", want: "exact"},
		{url: "http://h/foo/bar/", want: "longer"},
		{url: "http://h/foo/bar/x", want: "longer"},
		{url: "http://h/re/a.*/b", want: "literal"},
		{url: "http://h/re/abc", want: "pattern"},
		{url: "http://h/nginx", want: "pattern"},
		{url: "http://other/", want: "pattern-any"},
		{url: "http://A.W.test:80/", want: "wild"},
		{url: "http://one.w.test/x", want: "one"},
		{url: "http://one.w.test/y", want: "wild"},
		{url: "http://a.b.w.test/", want: "pattern-any"},
		{url: "http://w.test/", want: "pattern-any"},
		{url: "http://.w.test/", want: "pattern-any"},
		{url: "http://twice/", want: "old"},
		{url: "http://twice/", want: "old", require: true},
		{url: "http://h/foo", want: "", require: true},
	} {
		i := newRules(all, Config{Class: "linkerd", RequireClass: row.require})
		name, err := i.identify(httptest.NewRequest("GET", row.url, nil))
		if want := "/n/1/" + row.want; err == nil && name.String() != want || (err != nil) != (row.want == "") {
			t.Errorf("vector 228: %s is %s, %v; want %s", row.url, name, err, row.want)
		}
	}
}

// TestIngressOrder: patterns are tried in the order of the Ingresses,
// whatever their hosts; one rule of another type has those of the hosts come first.
func TestIngressOrder(t *testing.T) {
	for _, row := range []struct{ pathType, want string }{{"", "/n/1/any"}, {pathPrefix, "/n/1/host"}} {
		i := newRules([]ingresses.Ingress{{Namespace: "n", Name: "a", Rules: []ingresses.Rule{
			{Path: "/.*", Backend: ingresses.Backend{Service: "any", Port: "1"}},
			{Host: "h", Path: "/.*", Backend: ingresses.Backend{Service: "host", Port: "1"}},
			{Host: "other", Path: "/x", PathType: row.pathType, Backend: ingresses.Backend{Service: "other", Port: "1"}},
		}}}, Config{Class: "linkerd"})
		if name, err := i.identify(httptest.NewRequest("GET", "http://h/a", nil)); err != nil || name.String() != row.want {
			t.Errorf("with a rule of type %q: %s, %v; want %s", row.pathType, name, err, row.want)
		}
	}
}

// FuzzIngress: whatever Ingresses hold, no request makes the identifier panic, and
// the rule that counts is one that matches, before all others that do.
func FuzzIngress(f *testing.F) {
	f.Add("h", "/a", uint8(1), "*.x", "/(", uint8(0), "a.x:80", "/a/b")
	f.Add("", "", uint8(2), "*.", "/", uint8(1), ".", "/")
	types := []string{"", pathPrefix, pathExact}
	f.Fuzz(func(t *testing.T, host1, path1 string, type1 uint8, host2, path2 string, type2 uint8, host, path string) {
		i := newRules([]ingresses.Ingress{{Rules: []ingresses.Rule{
			{Host: host1, Path: path1, PathType: types[type1%3], Backend: ingresses.Backend{Service: "1", Port: "1"}},
			{Host: host2, Path: path2, PathType: types[type2%3], Backend: ingresses.Backend{Service: "2", Port: "2"}},
		}}}, Config{Class: "linkerd"})
		r := httptest.NewRequest("GET", "/", nil)
		r.Host, r.URL.Path = host, path
		name, err := i.identify(r)
		routes := i.all
		if len(routes)+len(i.skipped) != 2 {
			t.Fatalf("%d routes, skipped %q", len(routes), i.skipped)
		}
		if err == nil && name != routes[0].name && (len(routes) < 2 || name != routes[1].name) {
			t.Fatalf("named %s", name)
		}
	})
}
