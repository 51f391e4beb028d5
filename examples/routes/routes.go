// Package routes is the routing table of a shop, in a place where a test can
// ask it where requests go. The test needs no socket, no service and no
// cluster: a fake namer knows the replicas, and a canned transport answers in
// their place.
package routes

import (
	"net/http"

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

// New is the shop's router: names say which replicas there are, and connect
// makes the transport to one of them; a nil connect makes real ones.
func New(names resolve.Namer, connect func(resolve.Address) http.RoundTripper) (*router.Router, error) {
	dtab, err := resolve.ParseDtab(Dtab)
	if err != nil {
		return nil, err
	}
	interpreter, err := resolve.New(resolve.Config{
		Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/shop"), Namer: names}},
	})
	if err != nil {
		return nil, err
	}
	return router.New(router.Config{Label: "shop", Dtab: dtab, Interpreter: interpreter, NewTransport: connect})
}
