package main

import (
	"flag"
	"fmt"
	"net/http"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// client is the HTTP/1.1 client that a hop uses, by name.
type client string

const (
	clientOwn  client = "h1"       // package router/h1
	clientHTTP client = "net/http" // http.Transport
)

func clientFlag(flags *flag.FlagSet) *client {
	c := clientOwn
	flags.Var(&c, "client", "the HTTP client towards the replicas: `h1`, the hop's own, or net/http")
	return &c
}

// String implements flag.Value.
func (c *client) String() string { return string(*c) }

// Set implements flag.Value.
func (c *client) Set(name string) error {
	switch client(name) {
	case clientOwn, clientHTTP:
		*c = client(name)
		return nil
	}
	return fmt.Errorf("want %s or %s", clientOwn, clientHTTP)
}

// transport makes the client for an endpoint; nil is the router's default, its
// own client.
func (c *client) transport() func(resolve.Address, router.TransportConfig) http.RoundTripper {
	if *c == clientOwn {
		return nil
	}
	return router.HTTPTransport
}

// check says whether the client can do what a file asks for.
func (c *client) check() func(router.TransportConfig) error {
	if *c == clientOwn {
		return nil
	}
	return router.CheckHTTPTransport
}
