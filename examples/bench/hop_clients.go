package main

import (
	"fmt"
	"net/http"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// hopClient is an HTTP client that a hop can have towards a replica.
type hopClient struct {
	name      string
	transport func(resolve.Address, router.TransportConfig) http.RoundTripper
}

// hopClients are all that there are. The last is the one that the rows about
// slow and dead collectors are measured with.
func hopClients() []hopClient {
	return []hopClient{
		{"net/http", router.HTTPTransport},
		{"h1", router.H1Transport},
	}
}

func clientNamed(name string) (hopClient, error) {
	for _, c := range hopClients() {
		if c.name == name {
			return c, nil
		}
	}
	return hopClient{}, fmt.Errorf("no client %q", name)
}
