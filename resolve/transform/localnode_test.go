package transform_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/transform"
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

func TestLocalNode(t *testing.T) {
	for _, row := range []struct {
		vector string
		own    resolve.Address
		of     resolve.Replicas
		want   []string
		name   string
	}{
		{"96", node("1.1.1.1", ""), replicasOf("1.1.1.2:80", "1.1.1.3:80", "1.1.2.2:80", "1.1.2.3:80"), []string{"1.1.1.2:80", "1.1.1.3:80"}, "SubnetLocalTransformer"},
		{"", node("1.1.9.1", ""), replicasOf("1.1.1.2:80"), nil, "SubnetLocalTransformer"},
		{"", node("", "node-1"), resolve.Replicas{Addresses: []resolve.Address{
			{AddrPort: netip.MustParseAddrPort("1.1.1.1:80"), NodeName: "node-1"},
			{AddrPort: netip.MustParseAddrPort("1.1.1.2:80"), NodeName: "node-2"},
			{AddrPort: netip.MustParseAddrPort("1.1.1.3:80")},
		}}, []string{"1.1.1.1:80"}, "MetadataFiltertingNameTreeTransformer"},
	} {
		x := transform.LocalNode(resolve.MustPath("/%/io.l5d.k8s.localnode/1.1.1.1"), row.own)
		if fmt.Sprint(x) != row.name {
			t.Errorf("%s on %q is explained as %s, want %s", row.own.AddrPort.Addr(), row.own.NodeName, x, row.name)
		}
		id, got, neg := after(t, x, resolve.Const(row.of))
		if !slices.Equal(got, row.want) || neg != (row.want == nil) || id != "/%/io.l5d.k8s.localnode/1.1.1.1/#/n/x" {
			t.Errorf("vector %s: %s %q %v, want %q", row.vector, id, got, neg, row.want)
		}
	}
}

// A pod may have two addresses.
func TestLocalNodeOfTwo(t *testing.T) {
	two := transform.LocalNode(resolve.MustPath("/%/x"),
		node("10.0.0.1", ""), node("fd00::1", ""))
	of := resolve.Replicas{Addresses: append(replicasOf("10.0.0.9:1", "10.0.1.9:1", "[fd00::1]:1", "[fd00::2]:1").Addresses, resolve.Address{Status: 404})}
	if _, got, _ := after(t, two, resolve.Const(of)); !slices.Equal(got, []string{"10.0.0.9:1", "[fd00::1]:1", "status 404"}) {
		t.Errorf("of a pod with two addresses: %q", got)
	}
}
