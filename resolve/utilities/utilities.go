// Package utilities makes all namers that Linkerd has below /$/ at once, except
// ZooKeeper's: the addresses of hosts (package inet), names that become others and statuses (package status).
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
//
// Some rewrite names by a built-in rule (http.scala, hostport.scala): they move and drop
// labels, which the prefix of a dentry cannot. One whose name ends in Pfx keeps the first
// label of a name, which is the prefix below which the rest is looked up; P stands for it
// here, for any one label. What follows is kept. A name of another form is Neg, even where
// Linkerd fails: for a host without a name before its port, or with an empty label between
// its dots.
//
//   - io.buoyant.hostportPfx: /P/<host>:<port>/... becomes /P/<host>/<port>/...
//     There is exactly one colon, so the host is no IPv6 address. The port is a
//     number, or a name of at most 63 lower-case letters, digits and "-", which is
//     not the first.
//   - io.buoyant.porthostPfx: /P/<host>:<port>/... becomes /P/<port>/<host>/...
//   - io.buoyant.http.anyHost: /<host>/... becomes /...; a host is of letters,
//     digits, ".", ":", "_" and "-", so an IPv6 address is one, and a host with its
//     port. anyHostPfx: /P/<host>/... becomes /P/...
//   - io.buoyant.http.anyMethod: /<METHOD>/... becomes /...; a method is of the
//     letters A to Z. anyMethodPfx: /P/<METHOD>/... becomes /P/...
//   - io.buoyant.http.domainToPath: /<host>/... becomes the labels of the host in
//     reverse, so /foo.buoyant.io becomes /io/buoyant/foo. A port is a part of the
//     last label. Dots at the end of the host do not count. domainToPathPfx does the
//     same behind a prefix: /P/foo.buoyant.io becomes /P/io/buoyant/foo.
//   - io.buoyant.http.subdomainOf: /<domain>/<host>/... becomes what the host has
//     before .<domain>, so /buoyant.io/foo.buoyant.io becomes /foo. The host's port
//     is cut off first. subdomainOfPfx has a prefix between the two:
//     /buoyant.io/P/foo.buoyant.io becomes /P/foo.
func All(c Config) map[string]resolve.Namer {
	all := rewriting()
	maps.Copy(all, map[string]resolve.Namer{
		"fixedinet":              hosts(inet.Config{Resolver: c.Resolver, ErrorLog: c.ErrorLog, Fixed: true}),
		"inet":                   hosts(inet.Config{Resolver: c.Resolver, ErrorLog: c.ErrorLog}),
		"io.buoyant.http.status": status.Namer{},
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
