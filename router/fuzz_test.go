package router_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/internal/limits"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// fuzzIdentifier checks what holds for every identifier and any request: it
// names or fails, a name can be read back, a path that is not consumed stays,
// and of the request nothing but the URL changes.
func fuzzIdentifier(f *testing.F, identifier router.Identifier, keepsTarget bool) {
	for _, seed := range [][3]string{
		{"GET", "host.com", "/"}, {"POST", "DoMaiN", "/some/path?other=stuff"}, {"GET", "", "/mysvc/subsvc/!"},
		{"", "[::1]:80", "//x"}, {"GET", "/a/b/c", "/a%2Fb?%zz"}, {"X Y", "a/../b", "*"}, {"GET", "\xff\x00", ""},
		{"GET", `/\x66\x6f`, "/mysvc/subsvc/path1/?foo=bar/"}, {"GET", "K", "/a?"},
	} {
		f.Add(seed[0], seed[1], seed[2], uint8(1))
	}
	f.Fuzz(func(t *testing.T, method, value, target string, minor uint8) {
		u := &url.URL{Scheme: "http"}
		httpx.SetRawTarget(u, target)
		before := u.RequestURI()
		r := &http.Request{
			Method: method, Host: value, URL: u, ProtoMajor: 1, ProtoMinor: int(minor),
			Header: http.Header{"L5d-Name": {value, "second"}},
		}
		name, err := identifier.Identify(r)
		if r.Method != method || r.Host != value || len(r.Header) != 1 {
			t.Errorf("the request was changed: %v", r)
		}
		after := r.URL.RequestURI()
		if (err != nil || keepsTarget) && after != before {
			t.Errorf("target %q became %q", before, after)
		}
		if err != nil {
			if err.Error() == "" {
				t.Error("the error says nothing")
			}
			return
		}
		if strings.HasPrefix(before, "/") && !strings.HasPrefix(after, "/") {
			t.Errorf("target %q became %q", before, after)
		}
		if len(name.String()) > limits.TextBytes {
			return // the router refuses it
		}
		if again, err := resolve.ParsePath(name.String()); err != nil || again != name {
			t.Errorf("name %s reads back as %s, %v", name, again, err)
		}
	})
}

func FuzzHeaderToken(f *testing.F)   { fuzzIdentifier(f, router.HeaderToken("l5d-name"), true) }
func FuzzHost(f *testing.F)          { fuzzIdentifier(f, router.HeaderToken("Host"), true) }
func FuzzHeaderPath(f *testing.F)    { fuzzIdentifier(f, router.HeaderPath("l5d-name"), true) }
func FuzzMethodAndHost(f *testing.F) { fuzzIdentifier(f, router.MethodAndHost(true), true) }
func FuzzPathSegments(f *testing.F)  { fuzzIdentifier(f, router.PathSegments(2, false), true) }
func FuzzPathConsumed(f *testing.F)  { fuzzIdentifier(f, router.PathSegments(1, true), false) }
func FuzzFirstOf(f *testing.F) {
	fuzzIdentifier(f, router.FirstOf(router.PathSegments(3, true), router.HeaderPath("l5d-name"), router.MethodAndHost(true)), false)
}

// FuzzLocalDtab: what a request brings is sent on in a form that the next hop
// reads as the same dtab.
func FuzzLocalDtab(f *testing.F) {
	for _, seed := range [][2]string{
		{"", ""}, {"/a=>/b", "/a => /c ;"}, {"/svc => 0.10 * /a & .90*/b | ! # c", "i am not a dtab"},
		{`/\x2a/\x61=>/b`, "/*/x=>(/a|(/b&/c))"}, {"/a=>/b,/c=>/d", "/a=>1e3*/b"}, {";;", "/=>$;/=>~"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, ctx, user string) {
		dtab, err := inbound.ParseDtab([]string{ctx, user})
		if err != nil {
			if err.Error() == "" {
				t.Error("the error says nothing")
			}
			return
		}
		var here, next inbound.Request
		here.SetDtab(dtab)
		again, err := inbound.ParseDtab([]string{here.DtabText})
		if err != nil {
			t.Fatalf("%q and %q are sent on as %q, which is none: %v", ctx, user, here.DtabText, err)
		}
		if next.SetDtab(again); next.DtabText != here.DtabText || len(again) != len(dtab) {
			t.Errorf("%q becomes %q at the next hop", here.DtabText, next.DtabText)
		}
	})
}

func FuzzHeaderSegments(f *testing.F) { fuzzIdentifier(f, router.HeaderSegments(":path", 0), true) }
