package inet_test

import (
	"context"
	"fmt"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/inet"
)

func ExampleNew() {
	hosts, err := inet.New(inet.Config{})
	if err != nil {
		panic(err)
	}
	in, err := resolve.New(resolve.Config{Utilities: map[string]resolve.Namer{"inet": hosts}})
	if err != nil {
		panic(err)
	}
	tree, err := in.Bind(resolve.MustDtab("/svc/* => /$/inet/127.1/9990"), resolve.MustPath("/svc/admin")).Wait(context.Background())
	if err != nil {
		panic(err)
	}
	replicas, err := tree.Leaf.Addr.Wait(context.Background())
	fmt.Println(tree.Leaf.ID, replicas.Addresses[0].AddrPort, err)
	// Output: /$/inet/127.1/9990 127.0.0.1:9990 <nil>
}
