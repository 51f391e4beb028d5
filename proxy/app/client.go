package app

import (
	"flag"
	"fmt"

	"github.com/meshhop/meshhop/proxy/config"
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
	flags.Var(&c, "client", "the HTTP client towards the endpoints: `h1`, the hop's own, or net/http")
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

// apply has parts built with the client. Nothing changes for clientOwn: it is the
// router's default.
func (c *client) apply(o *config.BuildOptions) {
	if *c == clientHTTP {
		o.NewTransport, o.CheckTransport = router.HTTPTransport, router.CheckHTTPTransport
	}
}
