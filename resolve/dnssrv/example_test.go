package dnssrv_test

import (
	"fmt"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/dnssrv"
)

func ExampleNew() {
	namer, err := dnssrv.New(dnssrv.Config{Servers: []string{"127.0.0.1:8600"}})
	if err != nil {
		panic(err)
	}
	defer namer.Close()
	in, err := resolve.New(resolve.Config{
		Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/io.l5d.dnssrv"), Namer: namer}},
	})
	if err != nil {
		panic(err)
	}
	// DNS is asked when somebody observes what the name is bound to.
	name := in.Bind(resolve.MustDtab("/svc => /#/io.l5d.dnssrv"), resolve.MustPath("/svc/web.service.consul."))
	fmt.Println(name.Sample().Status)
	// Output: pending
}
