package rewrite_test

import (
	"fmt"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/rewrite"
)

// show prints what a namer makes of a name.
func show(n resolve.Namer, name string) {
	tree := n.Lookup(resolve.MustPath(name)).Sample().Value
	if tree.Op == resolve.Neg {
		fmt.Println("no such name")
		return
	}
	fmt.Println(tree.Leaf.Path)
}

func ExampleNew() {
	n, err := rewrite.New(rewrite.Config{Pattern: "/{service}/api", Name: "/srv/{service}"})
	if err != nil {
		panic(err)
	}
	show(n, "/users/api/v1")
	show(n, "/users/ui")
	// Output:
	// /srv/users
	// no such name
}

func ExampleUtilities() {
	all := rewrite.Utilities()
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
		show(all[c[0]], c[1])
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
