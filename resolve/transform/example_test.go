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
	t, err := transform.Localhost(resolve.MustPath("/%/io.l5d.localhost"))
	if err != nil {
		panic(err)
	}
	bound(t) // none of its addresses is this machine's
	// Output: /%/io.l5d.localhost/#/test/web <nil>
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

func ExampleLocalNode() {
	bound(transform.LocalNode(resolve.MustPath("/%/io.l5d.k8s.localnode"), resolve.Address{AddrPort: netip.MustParseAddrPort("10.0.0.7:0")}))
	// Output:
	// /%/io.l5d.k8s.localnode/#/test/web <nil>
	// 10.0.0.1:8080
	// 10.0.0.2:8080
}
