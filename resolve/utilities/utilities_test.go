package utilities_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/utilities"
)

// hosts knows one host.
type hosts struct{}

func (hosts) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if host == "app01" {
		return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, nil
	}
	return nil, errors.New("no such host: " + host)
}

// TestAll: a name below each of them leads where Linkerd says; those that look
// up hosts do it by the resolver that was given.
func TestAll(t *testing.T) {
	in := utilities.Interpreter(utilities.Config{Resolver: hosts{}})
	dtab := resolve.MustDtab("/there => /$/inet/app01/80 ; /in => /$/inet ; /rin => /$/io.buoyant.rinet")
	for name, want := range map[string]string{
		"/$/inet/app01/80":                                      "10.0.0.1:80",
		"/$/fixedinet/app01/81":                                 "10.0.0.1:81",
		"/$/io.buoyant.rinet/82/app01":                          "10.0.0.1:82",
		"/$/io.buoyant.hostportPfx/in/app01:83":                 "10.0.0.1:83",
		"/$/io.buoyant.porthostPfx/rin/app01:84":                "10.0.0.1:84",
		"/$/io.buoyant.http.anyMethodPfx/there/GET":             "10.0.0.1:80",
		"/$/io.buoyant.http.anyHostPfx/there/x.y":               "10.0.0.1:80",
		"/$/io.buoyant.http.subdomainOfPfx/y.z/in/app01.y.z/85": "10.0.0.1:85",
		"/$/io.buoyant.http.domainToPathPfx/in/86.app01":        "",
		"/$/io.buoyant.http.status/418":                         "",
	} {
		t.Run(name, func(t *testing.T) {
			tree, err := in.Bind(dtab, resolve.MustPath(name)).Wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if tree.Leaf == nil {
				t.Fatalf("bound to nothing: %+v", tree)
			}
			replicas, err := tree.Leaf.Addr.Wait(t.Context())
			if err != nil || len(replicas.Addresses) != 1 {
				t.Fatalf("%+v, %v", replicas, err)
			}
			if got := replicas.Addresses[0].AddrPort.String(); want != "" && got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}
