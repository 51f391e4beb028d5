package app

import (
	"flag"
	"fmt"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/serve"
)

// server is who speaks HTTP/1.1 with the clients of a hop, by name: see serve.Engine. It is
// empty if the command line does not say.
type server string

func serverFlag(flags *flag.FlagSet) *server {
	var s server
	flags.Var(&s, "server", "the HTTP server towards the clients: `h1`, the hop's own, or net/http (default h1)")
	return &s
}

// String implements flag.Value.
func (s *server) String() string { return string(*s) }

// Set implements flag.Value.
func (s *server) Set(name string) error {
	switch name {
	case serve.H1.String(), serve.NetHTTP.String():
		*s = server(name)
		return nil
	}
	return fmt.Errorf("want %s or %s", serve.H1, serve.NetHTTP)
}

// apply has servers speak so. Nothing changes if the command line does not say.
func (s *server) apply(o *config.BuildOptions) {
	switch string(*s) {
	case serve.H1.String():
		o.Engine = serve.H1
	case serve.NetHTTP.String():
		o.Engine = serve.NetHTTP
	}
}
