package proxy_test

import (
	"net/http"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/utilities"
	"github.com/meshhop/meshhop/router"
)

// What a middleware makes of a request's URL is what counts, for names and for
// what is sent.
func Example_stripPrefix() {
	users, name := backend()
	defer users.Close()
	rt, err := router.New(router.Config{
		Dtab:        resolve.MustDtab("/svc/users => " + name),
		Interpreter: utilities.Interpreter(utilities.Config{}),
		Identifier:  router.PathSegments(1, true), // /users/42 is /42 of /svc/users
	})
	if err != nil {
		panic(err)
	}
	defer rt.Close()
	mesh, err := proxy.New(proxy.Config{Router: rt})
	if err != nil {
		panic(err)
	}

	ask(http.StripPrefix("/api", mesh), "GET", "/api/users/42")
	// Output: 200 /svc/users /42
}
