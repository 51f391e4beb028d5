package dryrun_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/internal/dryrun"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// Where would this DELETE go?
func ExampleNew() {
	var names resolvetest.Namer
	names.Bind("/web", "10.0.0.1:80")
	interpreter, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: &names}}})
	if err != nil {
		panic(err)
	}
	rt, err := router.New(router.Config{Dtab: resolve.MustDtab("/svc => /#/fake"), Interpreter: interpreter})
	if err != nil {
		panic(err)
	}
	defer rt.Close()
	server, err := proxy.New(proxy.Config{Router: rt})
	if err != nil {
		panic(err)
	}
	handler, err := dryrun.New(dryrun.Config{Server: server})
	if err != nil {
		panic(err)
	}

	request := httptest.NewRequest(http.MethodDelete, "http://web/", nil)
	request.Header.Set("l5d-explain", "dry-run")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, request)
	text, err := io.ReadAll(w.Body)
	if err != nil {
		panic(err)
	}
	_, chosen, _ := strings.Cut(string(text), "\nchosen")
	fmt.Println(strings.TrimSpace(chosen))
	// Output:
	// 10.0.0.1:80 of /#/fake/web, the only address, by weight: the router has no client for the set yet
	// end         the replica set is not one of the hops that this server knows (dryRun), so nothing is sent to it
}
