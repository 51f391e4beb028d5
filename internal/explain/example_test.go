package explain_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/meshhop/meshhop/internal/explain"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// Why does a request with this dtab end where it does?
func ExampleNew() {
	var names resolvetest.Namer
	names.Bind("/web", "10.0.0.1:80")
	interpreter, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: &names}}})
	if err != nil {
		log.Fatal(err)
	}
	rt, err := router.New(router.Config{Label: "outgoing", Dtab: resolve.MustDtab("/svc => /#/fake"), Interpreter: interpreter})
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close()

	x, err := explain.New(explain.Config{Routers: []*router.Router{rt}})
	if err != nil {
		log.Fatal(err)
	}
	report, err := x.Explain(context.Background(), explain.Question{
		URL: "http://web/", Headers: []string{"l5d-dtab: /svc/web => /#/fake/web-v2"},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := report.Text(os.Stdout); err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Targets[0].Replicas.ID, report.Sent)
	// Output:
	// router      outgoing
	// request     GET / HTTP/1.1, Host: web
	// its dtab    /svc/web => /#/fake/web-v2
	// identifier  io.l5d.header.token Host says /web
	// name        /svc/web
	//
	// /svc/web
	//   passed over: /svc/web => /#/fake/web-v2     request's dtab, entry 1
	//     /#/fake/web-v2
	//       namer /#/fake has no such name
	//   /svc => /#/fake                             router's dtab, entry 1
	// /#/fake/web
	//   namer /#/fake has it
	//   /#/fake/web: 1 address
	//
	// requests go to
	//     100 %  /#/fake/web
	//              100 %  10.0.0.1:80
	//
	// The request is sent.
	// /#/fake/web 1
}
