package status_test

import (
	"context"
	"fmt"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/status"
)

func ExampleNamer() {
	in, err := resolve.New(resolve.Config{Utilities: map[string]resolve.Namer{"io.buoyant.http.status": status.Namer{}}})
	if err != nil {
		panic(err)
	}
	dtab := resolve.MustDtab("/svc => /$/io.buoyant.http.status/404 ; /svc/web => /#/io.l5d.fs/web")
	tree, err := in.Bind(dtab, resolve.MustPath("/svc/nobody")).Wait(context.Background())
	if err != nil {
		panic(err)
	}
	replicas, err := tree.Leaf.Addr.Wait(context.Background())
	fmt.Println(tree.Leaf.ID, replicas.Addresses[0], err)
	// Output: /$/io.buoyant.http.status/404 status 404 <nil>
}
