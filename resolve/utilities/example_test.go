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
