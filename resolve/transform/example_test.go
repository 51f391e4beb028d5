package transform_test

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/resolve/transform"
)

func bound(t resolve.Transformer) {
	var n resolvetest.Namer
	n.Bind("/web", "10.0.0.1:8080", "10.0.0.2:8080")
	n.Bind("/canary", "10.0.0.9:8080")
	in, err := resolve.New(resolve.Config{
		Namers:       []resolve.Mount{{Prefix: resolve.MustPath("/#/test"), Namer: &n}},
		Transformers: []resolve.Transformer{t},
	})
	if err != nil {
		panic(err)
	}
	tree, err := in.Bind(nil, resolve.MustPath("/#/test/web")).Wait(context.Background())
	if err != nil {
		panic(err)
	}
	replicas, err := tree.Leaf.Addr.Wait(context.Background())
	fmt.Println(tree.Leaf.ID, err)
	for _, a := range replicas.Addresses {
		fmt.Println(a.AddrPort)
	}
}

func ExamplePort() {
	bound(transform.Port(4141, resolve.MustPath("/%/io.l5d.port/4141")))
	// Output:
	// /%/io.l5d.port/4141/#/test/web <nil>
	// 10.0.0.1:4141
	// 10.0.0.2:4141
}

func ExampleLocalhost() {
	t, err := transform.Localhost(resolve.MustPath("/%/io.l5d.localhost"), netip.MustParseAddr("10.0.0.2"))
	if err != nil {
		panic(err)
	}
	bound(t)
	// Output:
	// /%/io.l5d.localhost/#/test/web <nil>
	// 10.0.0.2:8080
}

func ExampleSpecificHost() {
	t, err := transform.SpecificHost(resolve.MustPath("/%/io.l5d.specificHost"), netip.MustParseAddr("10.0.0.2"))
	if err != nil {
		panic(err)
	}
	bound(t)
	// Output:
	// /%/io.l5d.specificHost/#/test/web <nil>
	// 10.0.0.2:8080
}

func ExampleReplace() {
	bound(transform.Replace(resolve.MustPath("/#/test/canary"), resolve.MustPath("/%/io.l5d.replace")))
	// Output:
	// /%/io.l5d.replace/#/test/canary <nil>
	// 10.0.0.9:8080
}

func ExampleConst() {
	bound(transform.Const(resolve.MustPath("/#/test/canary"), resolve.MustPath("/%/io.l5d.const")))
	// Output:
	// /%/io.l5d.const/#/test/canary <nil>
	// 10.0.0.9:8080
}

// A sidecar for each node: replicas are reached by way of the one on their node.
func ExampleNewGateways() {
	sidecars := resolve.Replicas{Addresses: []resolve.Address{
		{AddrPort: netip.MustParseAddrPort("10.1.1.1:4141")}, {AddrPort: netip.MustParseAddrPort("10.1.2.1:4141")},
	}}
	replica := resolve.Replicas{Addresses: []resolve.Address{{AddrPort: netip.MustParseAddrPort("10.1.2.55:8080")}}}
	g := transform.NewGateways(resolve.MustPath("/%/sidecars"), resolve.Const(sidecars), transform.Subnet(24))
	tree, _ := g.Transform(resolve.Const(resolve.LeafOf(&resolve.Bound{
		ID: resolve.MustPath("/#/io.l5d.fs/web"), Addr: resolve.Const(replica),
	}))).Wait(context.Background())
	found, _ := tree.Leaf.Addr.Wait(context.Background())
	fmt.Println(tree.Leaf.ID, found.Addresses)
	// Output: /%/sidecars/#/io.l5d.fs/web [10.1.2.1:4141]
}
