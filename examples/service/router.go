package main

import (
	"fmt"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/inet"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// newRouter is the service's own way into the mesh, an http.RoundTripper. The
// hop makes its spans; with nil it carries the ids of a trace on and records
// nothing.
func newRouter(dtabText string, hop *trace.Hop) (*router.Router, error) {
	dtab, err := resolve.ParseDtab(dtabText)
	if err != nil {
		return nil, fmt.Errorf("-dtab: %w", err)
	}
	addresses, err := inet.New(inet.Config{})
	if err != nil {
		return nil, err
	}
	names, err := resolve.New(resolve.Config{Utilities: map[string]resolve.Namer{"inet": addresses}})
	if err != nil {
		return nil, err
	}
	return router.New(router.Config{Label: "greeting", Dtab: dtab, Interpreter: names, Hop: hop})
}
