package utilities_test

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/utilities"
)

func ExampleInterpreter() {
	in := utilities.Interpreter(utilities.Config{})
	dtab := resolve.MustDtab("/svc => /$/io.buoyant.hostportPfx/host; /host => /$/inet")
	tree, err := in.Bind(dtab, resolve.MustPath("/svc/127.0.0.1:8080")).Wait(context.Background())
	fmt.Println(tree.Leaf.ID, err)
	// Output: /$/inet/127.0.0.1/8080 <nil>
}

func ExampleAll() {
	all := utilities.All(utilities.Config{})
	delete(all, "fixedinet") // which Linkerd does not have
	in, err := resolve.New(resolve.Config{Utilities: all})
	fmt.Println(in != nil, err)
	fmt.Println(slices.Sorted(maps.Keys(all))[0])
	// Output:
	// true <nil>
	// inet
}

func ExampleAll_rewriting() {
	all := utilities.All(utilities.Config{})
	for _, c := range [][2]string{
		{"io.buoyant.hostportPfx", "/ip/web:8080/etc"},
		{"io.buoyant.porthostPfx", "/ip/web:8080/etc"},
		{"io.buoyant.http.anyMethod", "/POST/svc/name"},
		{"io.buoyant.http.anyMethodPfx", "/pfx/POST/svc/name"},
		{"io.buoyant.http.anyHost", "/foo.buoyant.io:80/name"},
		{"io.buoyant.http.anyHostPfx", "/pfx/foo.buoyant.io/name"},
		{"io.buoyant.http.subdomainOf", "/buoyant.io/foo.buoyant.io/name"},
		{"io.buoyant.http.subdomainOf", "/buoyant.io/foo.example.com/name"},
		{"io.buoyant.http.subdomainOfPfx", "/buoyant.io/pfx/foo.buoyant.io/name"},
		{"io.buoyant.http.domainToPath", "/foo.buoyant.io/name"},
		{"io.buoyant.http.domainToPathPfx", "/pfx/foo.buoyant.io/name"},
	} {
		tree := all[c[0]].Lookup(resolve.MustPath(c[1])).Sample().Value
		if tree.Op == resolve.Neg {
			fmt.Println("no such name")
			continue
		}
		fmt.Println(tree.Leaf.Path)
	}
	// Output:
	// /ip/web/8080/etc
	// /ip/8080/web/etc
	// /svc/name
	// /pfx/svc/name
	// /name
	// /pfx/name
	// /foo/name
	// no such name
	// /pfx/foo/name
	// /io/buoyant/foo/name
	// /pfx/io/buoyant/foo/name
}
