package nodes_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/internal/nodes"
)

func replicasOf(addrs ...string) resolve.Replicas {
	var r resolve.Replicas
	for _, a := range addrs {
		r.Addresses = append(r.Addresses, resolve.Address{AddrPort: netip.MustParseAddrPort(a), Weight: 1})
	}
	return r
}

// after gives the ID and the addresses that a transformer makes of a set.
func after(t *testing.T, x resolve.Transformer, of *resolve.Activity[resolve.Replicas]) (id string, addrs []string, neg bool) {
	t.Helper()
	tree, err := x.Transform(resolve.Const(resolve.LeafOf(&resolve.Bound{ID: resolve.MustPath("/#/n/x"), Addr: of}))).Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	replicas, err := tree.Leaf.Addr.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range replicas.Addresses {
		addrs = append(addrs, a.String())
	}
	return tree.Leaf.ID.String(), addrs, replicas.Neg
}

// node is an address that stands for a machine: its IP, or the name of its node.
func node(ip, name string) resolve.Address {
	addr, _ := netip.ParseAddr(ip)
	return resolve.Address{AddrPort: netip.AddrPortFrom(addr, 0), NodeName: name}
}

func TestSubnets(t *testing.T) {
	for _, row := range []struct {
		vector, a, b string
		bits         int
		want         bool
	}{
		{"97", "10.0.0.1", "10.0.0.200", 25, false},
		{"97", "10.0.0.0", "10.0.0.127", 25, true},
		{"97", "10.0.0.128", "10.0.0.255", 25, true},
		{"97", "10.0.0.127", "10.0.0.128", 25, false},
		{"", "10.0.0.1", "::ffff:10.0.0.2", 24, true},
		{"", "10.0.0.1", "10.0.1.1", 24, false},
		{"", "2001:db8::1", "2001:db8::2", 24, false},
		{"", "2001:db8::1", "2001:db8::1", 24, true},
		{"", "2001:db8::1", "10.0.0.1", 24, false},
	} {
		near := nodes.Subnet(row.bits)
		a, b := node(row.a, ""), node(row.b, "")
		if got := near(a, b); got != row.want || near(b, a) != row.want {
			t.Errorf("vector %s: %s and %s in /%d: %v", row.vector, row.a, row.b, row.bits, got)
		}
	}
}

// TestSubnetOrNode: section 5 of the specification of Kubernetes, what has no /24.
func TestSubnetOrNode(t *testing.T) {
	for _, row := range []struct {
		a, aNode, b, bNode string
		want               bool
	}{
		{"10.0.0.1", "", "10.0.0.2", "", true},
		{"10.0.0.1", "n1", "10.0.1.2", "n1", false},
		{"fd00::1", "n1", "fd00::2", "n1", true},
		{"fd00::1", "n1", "fd00::2", "n2", false},
		{"fd00::1", "", "fd00::2", "", false},
		{"fd00::1", "", "fd00::1", "", true},
		{"10.0.0.1", "n1", "fd00::2", "n1", true},
		{"10.0.0.1", "", "fd00::2", "", false},
	} {
		near := nodes.SubnetOrNode(24)
		a, b := node(row.a, row.aNode), node(row.b, row.bNode)
		if near(a, b) != row.want || near(b, a) != row.want {
			t.Errorf("%s on %q and %s on %q: %v", row.a, row.aNode, row.b, row.bNode, !row.want)
		}
	}
}

func TestGateways(t *testing.T) {
	gateways := resolve.NewVar(resolve.State[resolve.Replicas]{Status: resolve.OK, Value: replicasOf("1.1.1.1:4141", "1.1.2.1:4141", "1.1.3.1:4141")})
	x := nodes.NewGateways(resolve.MustPath("/%/g"), gateways.Activity(), nodes.Subnet(24))
	for _, row := range []struct {
		vector string
		of     resolve.Replicas
		want   []string
	}{
		{"95", replicasOf("1.1.2.55:8888"), []string{"1.1.2.1:4141"}},
		{"95", replicasOf("1.1.4.55:8888"), nil},
		{"", replicasOf("1.1.2.55:8888", "1.1.2.56:8888", "1.1.3.9:8888", "1.1.4.55:8888"), []string{"1.1.2.1:4141", "1.1.3.1:4141"}},
		{"", resolve.Replicas{Addresses: []resolve.Address{{Status: 404}}}, []string{"status 404"}},
		{"", resolve.Replicas{}, nil},
	} {
		id, got, neg := after(t, x, resolve.Const(row.of))
		if !slices.Equal(got, row.want) || neg != (row.want == nil) || id != "/%/g/#/n/x" {
			t.Errorf("vector %s: %s %q %v, want %q", row.vector, id, got, neg, row.want)
		}
	}
	if got := unresolvedBy(t, x, replicasOf("1.1.2.55:8888")); got != "" {
		t.Errorf("an address with a gateway: %q", got)
	}
	gateways.SetState(resolve.State[resolve.Replicas]{Status: resolve.OK, Value: replicasOf("1.1.4.1:4141")})
	if _, got, _ := after(t, x, resolve.Const(replicasOf("1.1.4.55:8888"))); !slices.Equal(got, []string{"1.1.4.1:4141"}) {
		t.Errorf("after a change %q", got)
	}
}

// unresolvedBy is why a transformer has nothing for some of a set.
func unresolvedBy(t *testing.T, x resolve.Transformer, of resolve.Replicas) string {
	t.Helper()
	tree, err := x.Transform(resolve.Const(resolve.LeafOf(&resolve.Bound{ID: resolve.MustPath("/#/n/x"), Addr: resolve.Const(of)}))).Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	replicas, err := tree.Leaf.Addr.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return replicas.Unresolved
}

// TestGatewayOfTheNode: an address is told apart whose node has a gateway in another /24,
// and not one that has a gateway of its own besides.
func TestGatewayOfTheNode(t *testing.T) {
	gateway := resolve.Address{AddrPort: netip.MustParseAddrPort("1.1.2.1:4141"), NodeName: "n1", Weight: 1}
	x := nodes.NewGateways(resolve.MustPath("/%/g"), resolve.Const(resolve.Replicas{Addresses: []resolve.Address{gateway}}), nodes.Subnet(24))
	for addr, told := range map[string]bool{"1.1.2.55:80": false, "1.1.9.55:80": true} {
		of := resolve.Replicas{Addresses: []resolve.Address{{AddrPort: netip.MustParseAddrPort(addr), NodeName: "n1", Weight: 1}}}
		if got := unresolvedBy(t, x, of); (got != "") != told {
			t.Errorf("%s: %q", addr, got)
		}
	}
}
