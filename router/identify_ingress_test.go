package router_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/router"
)

func ExampleNewIngressIdentifier() {
	identifier, err := router.NewIngressIdentifier([]router.Ingress{{
		Namespace: "shop",
		Rules:     []router.IngressRule{{Host: "shop.test", Path: "/cart/.*", Backend: router.IngressBackend{Service: "cart", Port: "http"}}},
	}}, router.IngressConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(identifier.Identify(httptest.NewRequest("GET", "http://shop.test/cart/7", nil)))
	// Output: /shop/http/cart <nil>
}

func TestIngressIdentifier(t *testing.T) {
	backend := func(of string) router.IngressBackend {
		return router.IngressBackend{Service: of + "Service", Port: of + "Port"}
	}
	fallback := backend("default")
	other := backend("other")
	ingresses := []router.Ingress{
		{Class: "nginx", Rules: []router.IngressRule{{Backend: other}}, Default: &other},
		{Namespace: "fooNamespace", Class: "linkerd", Default: &fallback, Rules: []router.IngressRule{
			{Path: "/(foo)Path/.*", Backend: other},
			{Host: "foo.bar.com", Backend: backend("fooHost")},
			{Path: "/fooPath/.*", Backend: backend("fooPath")},
		}},
		{Rules: []router.IngressRule{{Host: "late", Path: "/a|/b", Backend: backend("late")}}, Default: &other},
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
		{about: "hosts are exact", host: "FOO.bar.com", path: "/", ignore: true, reason: "no ingress rule matches", declined: true},
		{about: "two colons", host: "a:b:80", path: "/", reason: "more than one colon"},
		{about: "no host", path: "/fooPath/x?y=/z", name: "/fooNamespace/fooPathPort/fooPathService"},
	} {
		t.Run(test.about, func(t *testing.T) {
			identifier, err := router.NewIngressIdentifier(ingresses, router.IngressConfig{IgnoreDefaultBackends: test.ignore})
			if err != nil {
				t.Fatal(err)
			}
			in := httptest.NewRequest("GET", test.path, nil)
			in.Host = test.host
			name, err := identifier.Identify(in)
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
	_, err := router.NewIngressIdentifier([]router.Ingress{{Rules: []router.IngressRule{{Host: "h", Path: "/["}}}}, router.IngressConfig{})
	if err == nil || !strings.Contains(err.Error(), `ingress in default, host "h", path "/["`) {
		t.Errorf("a path that is no regular expression: %v", err)
	}
}
