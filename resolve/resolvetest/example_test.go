package resolvetest_test

import (
	"context"
	"fmt"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

func ExampleNamer() {
	var n resolvetest.Namer
	n.Bind("/web", "127.0.0.1:8080")
	in, err := resolve.New(resolve.Config{
		Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/test"), Namer: &n}},
	})
	if err != nil {
		panic(err)
	}
	tree, err := in.Bind(resolve.MustDtab("/svc => /#/test"), resolve.MustPath("/svc/web")).Wait(context.Background())
	fmt.Println(tree.Leaf.ID, err)
	// Output: /#/test/web <nil>
}
