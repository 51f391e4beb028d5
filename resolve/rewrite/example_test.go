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
	pattern, err := resolve.ParsePathMatcher("/{service}/api")
	if err != nil {
		panic(err)
	}
	n, err := rewrite.New(rewrite.Config{Pattern: pattern, Name: "/srv/{service}"})
	if err != nil {
		panic(err)
	}
	show(n, "/users/api/v1")
	show(n, "/users/ui")
	// Output:
	// /srv/users
	// no such name
}

func ExampleHostPortPfx() {
	show(rewrite.HostPortPfx(), "/ip/web:8080/etc")
	// Output: /ip/web/8080/etc
}

func ExamplePortHostPfx() {
	show(rewrite.PortHostPfx(), "/ip/web:8080/etc")
	// Output: /ip/8080/web/etc
}

func ExampleAnyMethod() {
	show(rewrite.AnyMethod(), "/POST/svc/name")
	// Output: /svc/name
}

func ExampleAnyMethodPfx() {
	show(rewrite.AnyMethodPfx(), "/pfx/POST/svc/name")
	// Output: /pfx/svc/name
}

func ExampleAnyHost() {
	show(rewrite.AnyHost(), "/foo.buoyant.io:80/name")
	// Output: /name
}

func ExampleAnyHostPfx() {
	show(rewrite.AnyHostPfx(), "/pfx/foo.buoyant.io/name")
	// Output: /pfx/name
}

func ExampleSubdomainOf() {
	show(rewrite.SubdomainOf(), "/buoyant.io/foo.buoyant.io/name")
	show(rewrite.SubdomainOf(), "/buoyant.io/foo.example.com/name")
	// Output:
	// /foo/name
	// no such name
}

func ExampleSubdomainOfPfx() {
	show(rewrite.SubdomainOfPfx(), "/buoyant.io/pfx/foo.buoyant.io/name")
	// Output: /pfx/foo/name
}

func ExampleDomainToPath() {
	show(rewrite.DomainToPath(), "/foo.buoyant.io/name")
	// Output: /io/buoyant/foo/name
}

func ExampleDomainToPathPfx() {
	show(rewrite.DomainToPathPfx(), "/pfx/foo.buoyant.io/name")
	// Output: /pfx/io/buoyant/foo/name
}
