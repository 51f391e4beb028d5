// Package utilities makes all namers that Linkerd has below /$/ at once, except
// ZooKeeper's: the addresses of hosts (package inet), names that become others (package
// rewrite) and statuses (package status).
//
//	in, err := resolve.New(resolve.Config{Utilities: utilities.All(utilities.Config{})})
//
// Every resolve.DefaultInterpreter knows nil and fail by itself.
package utilities

import (
	"log/slog"
	"maps"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/inet"
	"github.com/meshhop/meshhop/resolve/rewrite"
	"github.com/meshhop/meshhop/resolve/status"
)

// Config of the utilities. The zero value is ready to use.
type Config struct {
	// Resolver looks up the names of hosts. Default: net.DefaultResolver.
	Resolver resolve.Resolver
	// ErrorLog gets the hosts that have no addresses, see [inet.Config].
	// Default: they are not logged.
	ErrorLog *slog.Logger
}

// All returns the utilities by their names below /$/, as
// [resolve.Config.Utilities] takes them. The map is the caller's, to add to or
// to take from.
func All(c Config) map[string]resolve.Namer {
	all := rewrite.Utilities()
	maps.Copy(all, map[string]resolve.Namer{
		"fixedinet":              hosts(inet.Config{Resolver: c.Resolver, ErrorLog: c.ErrorLog, Fixed: true}),
		"inet":                   hosts(inet.Config{Resolver: c.Resolver, ErrorLog: c.ErrorLog}),
		"io.buoyant.http.status": status.New(),
		"io.buoyant.rinet":       hosts(inet.Config{Resolver: c.Resolver, ErrorLog: c.ErrorLog, PortFirst: true}),
	})
	return all
}

// hosts is a namer of hosts; what it is configured with here is never refused.
func hosts(c inet.Config) resolve.Namer {
	n, err := inet.New(c)
	if err != nil {
		panic(err)
	}
	return n
}

// Interpreter returns an interpreter that knows all utilities and no namer: for
// dtabs that lead to hosts.
func Interpreter(c Config) *resolve.DefaultInterpreter {
	in, err := resolve.New(resolve.Config{Utilities: All(c)})
	if err != nil {
		panic(err)
	}
	return in
}
