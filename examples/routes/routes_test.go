package routes_test

import (
	"errors"
	"testing"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/examples/routes"
	"github.com/meshhop/meshhop/proxy/routetest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// snippet: routes

func TestRoutes(t *testing.T) {
	var names resolvetest.Namer // knows what a test tells it
	names.Bind("/web", "web-1:80", "web-2:80")
	names.Bind("/web-canary", "canary-1:80")
	names.Bind("/checkout-v1", "old-1:80")
	names.Bind("/search", "search-1:80")
	names.Bind("/search-next", "next-1:80")
	start(t, &names).Run(t, []routetest.Row{
		{Request: "GET http://web/", Name: "/svc/web", Bound: "/#/shop/web", Endpoints: "web-1:80, web-2:80"},
		{Request: "GET http://web/", Dtab: "/svc/web => /#/shop/web-canary", Endpoints: "canary-1:80"}, // the request's own l5d-dtab
		{Request: "GET http://search/", Endpoints: "90 % search-1:80, 10 % next-1:80"},
		{Request: "GET http://checkout/", Endpoints: "old-1:80"},                                                       // there is no v2
		{Request: "GET http://checkout/", Dtab: "/#/shop/checkout-v2 => /#/shop/web-canary", Endpoints: "canary-1:80"}, // now there is
		{Request: "GET http://legacy/", Bound: "!", Endpoints: "nobody"},                                               // closed
	})
}

// end snippet

// start takes the shop's router into a test.
func start(t *testing.T, names resolve.Namer) *routetest.Routes {
	t.Helper()
	shop, err := routes.Config(names)
	if err != nil {
		t.Fatal(err)
	}
	return routetest.Of(t, shop)
}

// What names mean may change from one row to the next.
func TestRelease(t *testing.T) {
	var names resolvetest.Namer
	shop := start(t, &names)
	expect := func(endpoints string) {
		t.Helper()
		shop.Check(t, routetest.Row{Request: "GET http://checkout/", Endpoints: endpoints})
	}
	names.Bind("/checkout-v1", "old-1:80")
	expect("old-1:80")
	names.Bind("/checkout-v2", "new-1:80")
	expect("new-1:80")
	names.Bind("/checkout-v2", "new-2:80") // its replica was replaced
	expect("new-2:80")
	names.Bind("/checkout-v2") // it exists, and nobody is there: no fallback
	expect("nobody")
	names.Remove("/checkout-v2") // rolled back
	expect("old-1:80")
}

func TestNowhere(t *testing.T) {
	var names resolvetest.Namer
	names.Bind("/empty") // exists, and nobody is there
	names.Fail("/broken", errors.New("the registry is down"))
	names.Stall("/slow")
	start(t, &names).Run(t, []routetest.Row{
		{About: "never heard of", Request: "GET http://nobody/", Bound: "~", Endpoints: "nobody"},
		{About: "no replica runs", Request: "GET http://empty/", Bound: "/#/shop/empty", Endpoints: "nobody"},
		{About: "the namer fails", Request: "GET http://broken/", Err: "the registry is down"},
		{About: "the namer does not answer", Request: "GET http://slow/", Err: "no answer yet"},
		{About: "the request's dtab is none", Request: "GET http://web/", Dtab: "web", Err: "400 Bad Request: '/' expected"},
	})
}
