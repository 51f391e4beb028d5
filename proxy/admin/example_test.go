package admin_test

import (
	"fmt"
	"log"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// An admin server beside a router that a program put together itself.
func ExampleNew() {
	interpreter, err := resolve.New(resolve.Config{})
	if err != nil {
		log.Fatal(err)
	}
	rt, err := router.New(router.Config{Label: "outgoing", Interpreter: interpreter})
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close()
	handler, err := proxy.New(proxy.Config{Router: rt, ServiceName: "127.0.0.1/4140"})
	if err != nil {
		log.Fatal(err)
	}
	a, err := admin.New(admin.Config{
		Routers:  []*router.Router{rt},
		Servers:  []admin.Server{{Handler: handler}},
		Shutdown: func(grace time.Duration) { /* drain, for so long at most */ },
	})
	if err != nil {
		log.Fatal(err)
	}

	defer a.Retire(nil)

	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest("GET", "/admin/ping", nil)) // /admin lists the pages
	fmt.Println(w.Body)
	// Output: pong
}

// How a name is bound, with a dtab in the query.
func ExampleAdmin_ServeHTTP() {
	interpreter, err := resolve.New(resolve.Config{})
	if err != nil {
		log.Fatal(err)
	}
	rt, err := router.New(router.Config{Label: "outgoing", Interpreter: interpreter})
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close()
	a, err := admin.New(admin.Config{Routers: []*router.Router{rt}})
	if err != nil {
		log.Fatal(err)
	}

	defer a.Retire(nil)

	query := url.Values{"namespace": {"outgoing"}, "path": {"/svc/hello"}, "dtab": {"/svc => /host | /$/nil"}}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest("GET", "/delegator.json?"+query.Encode(), nil))
	fmt.Println(w.Body)
	// Output:
	// {"type":"alt","path":"/svc/hello","alt":[{"type":"neg","path":"/host/hello","dentry":{"prefix":"/svc","dst":"/host | /$/nil"}},{"type":"empty","path":"/$/nil/hello","dentry":{"prefix":"/svc","dst":"/host | /$/nil"}}]}
}

// A program that replaces its routers while it runs replaces its Admin, too; the counters
// go on.
func ExampleAdmin_Retire() {
	interpreter, err := resolve.New(resolve.Config{})
	if err != nil {
		log.Fatal(err)
	}
	var current *admin.Admin
	for range 2 {
		rt, err := router.New(router.Config{Label: "outgoing", Interpreter: interpreter})
		if err != nil {
			log.Fatal(err)
		}
		handler, err := proxy.New(proxy.Config{Router: rt})
		if err != nil {
			log.Fatal(err)
		}
		current, err = admin.New(admin.Config{Routers: []*router.Router{rt}, Servers: []admin.Server{{Handler: handler}}, Before: current})
		if err != nil {
			log.Fatal(err)
		}
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "http://web/", nil))

		w := httptest.NewRecorder()
		current.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
		for line := range strings.Lines(w.Body.String()) {
			if strings.HasPrefix(line, "rt:server:requests{") {
				fmt.Print(line)
			}
		}
		current.Retire(func() { rt.Close() })
	}
	// Output:
	// rt:server:requests{rt="outgoing",server="outgoing"} 1
	// rt:server:requests{rt="outgoing",server="outgoing"} 2
}
