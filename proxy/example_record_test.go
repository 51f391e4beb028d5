package proxy_test

import (
	"fmt"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/utilities"
	"github.com/meshhop/meshhop/router"
)

// A program keeps its own account of requests.
func ExampleConfig_ended() {
	users, name := backend()
	defer users.Close()

	rt, err := router.New(router.Config{
		Dtab:        resolve.MustDtab("/svc/users => " + name),
		Interpreter: utilities.Interpreter(utilities.Config{}),
	})
	if err != nil {
		panic(err)
	}
	defer rt.Close()
	mesh, err := proxy.New(proxy.Config{
		Router: rt,
		Ended: func(r *proxy.Record) {
			fmt.Printf("%s %s: %d, %d bytes, %d attempts, failed: %q\n", r.Service, r.Target, r.Status, r.BytesOut, r.Attempts, r.Kind)
		},
	})
	if err != nil {
		panic(err)
	}
	ask(mesh, "GET", "http://users/42")
	ask(mesh, "HEAD", "http://nobody/")
	// Output:
	// /svc/users /42: 200, 14 bytes, 1 attempts, failed: ""
	// 200 /svc/users /42
	// /svc/nobody /: 502, 0 bytes, 0 attempts, failed: "no replicas"
	// 502
}
