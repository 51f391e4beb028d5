// Package routes is the routing table of a shop, in a place where a test can
// ask it where requests go. The test needs no socket, no service and no
// cluster: a fake namer knows the replicas, and package routetest reads off who
// would get which requests. A table in a Linkerd file is tested in the same
// way, with routetest.Load.
package routes

import (
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// Dtab leads the shop's names to its services; it reads like the dtab of a
// Linkerd configuration. Of the entries that match a name the last wins.
const Dtab = `
	/svc          => /#/shop ;
	/svc/checkout => /#/shop/checkout-v2 | /#/shop/checkout-v1 ;
	/svc/search   => 9 * /#/shop/search & 1 * /#/shop/search-next ;
	/svc/legacy   => ! ;
`

// Config is the shop's router, for router.New: names say which replicas there
// are.
func Config(names resolve.Namer) (router.Config, error) {
	dtab, err := resolve.ParseDtab(Dtab)
	if err != nil {
		return router.Config{}, err
	}
	interpreter, err := resolve.New(resolve.Config{
		Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/shop"), Namer: names}},
	})
	if err != nil {
		return router.Config{}, err
	}
	return router.Config{Label: "shop", Dtab: dtab, Interpreter: interpreter}, nil
}
