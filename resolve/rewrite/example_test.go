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
