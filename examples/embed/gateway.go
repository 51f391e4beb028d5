package main

import (
	"context"
	"io"
	"net"
	"net/http"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/utilities"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// gateway serves the program's own mux, in which /users/ leads into the mesh,
// until ctx ends.
func gateway(ctx context.Context, l net.Listener, dtab resolve.Dtab, spans oteltrace.TracerProvider) error {
	// snippet: embed
	hop := trace.NewHop(trace.HopConfig{TracerProvider: spans}) // any OpenTelemetry provider
	rt, err := router.New(router.Config{
		Dtab:        dtab,                                      // resolve.MustDtab("/svc/users => /$/inet/127.0.0.1/9001")
		Interpreter: utilities.Interpreter(utilities.Config{}), // what names below /$ mean; resolve.New knows namers too
		Identifier:  router.PathSegments(1, true),              // /users/42 is /42 of the service /svc/users
		Hop:         hop,
	})
	if err != nil {
		return err
	}
	defer rt.Close()
	mesh, err := proxy.New(proxy.Config{Router: rt})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/users/", mesh) // an http.Handler like any other
	// end snippet
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok\n") })
	return serve(ctx, l, mux)
}
