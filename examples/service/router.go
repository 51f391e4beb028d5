package main

import (
	"fmt"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/utilities"
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
	names := utilities.Interpreter(utilities.Config{})
	return router.New(router.Config{Label: "greeting", Dtab: dtab, Interpreter: names, Hop: hop})
}
