package main

import (
	"net"
	"net/http"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/utilities"
	"github.com/meshhop/meshhop/router"
)

// snippet: minimal

func minimal(l net.Listener, dtab resolve.Dtab) error {
	rt, err := router.New(router.Config{Dtab: dtab, Interpreter: utilities.Interpreter(utilities.Config{})})
	if err != nil {
		return err
	}
	defer rt.Close()
	mesh, err := proxy.New(proxy.Config{Router: rt})
	if err != nil {
		return err
	}
	return http.Serve(l, mesh) // GET / with Host: users goes where dtab sends /svc/users
}

// end snippet
