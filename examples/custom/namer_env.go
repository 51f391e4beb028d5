package main

import (
	"net/netip"
	"os"
	"regexp"
	"strings"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
)

// envNamer is the kind example.env. It has one key:
//
//	suffix  what follows the service's name in the variable's. Default _ADDRS.
func envNamer(d *config.Decoder) (config.Namer, error) {
	n := env{suffix: d.Text("suffix", "_ADDRS")}
	if strings.ContainsAny(n.suffix, "=\x00") {
		d.Errorf("suffix", "cannot be part of a variable's name: %q", n.suffix)
	}
	return config.Namer{
		Prefix: resolve.MustPath("/example.env"), // names begin with /#/example.env, unless the key prefix says otherwise
		New:    config.Ready[resolve.Namer](n),
	}, nil
}

// env finds the endpoints of a service in the environment: those of /my-web are
// $MY_WEB_ADDRS, such as "10.0.0.1:8080 10.0.0.2:8080".
type env struct{ suffix string }

// service is what a name may begin with: names come from requests, which anybody
// sends.
var service = regexp.MustCompile(`^[a-z0-9-]{1,63}$`)

// Lookup returns a tree that does not change: a process keeps its environment. A namer
// whose names change sets a [resolve.Var] instead.
func (n env) Lookup(name resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	none := resolve.Const(resolve.NameTree[resolve.Name]{}) // Neg: there is no such name
	if name.Len() == 0 || !service.MatchString(name.Label(0)) {
		return none
	}
	variable := strings.ToUpper(strings.ReplaceAll(name.Label(0), "-", "_")) + n.suffix
	list, set := os.LookupEnv(variable)
	if !set {
		return none
	}
	var addresses []resolve.Address
	for field := range strings.FieldsSeq(list) {
		at, err := netip.ParseAddrPort(field)
		if err != nil {
			return resolve.FailedActivity[resolve.NameTree[resolve.Name]](err)
		}
		addresses = append(addresses, resolve.Address{AddrPort: at, Weight: 1})
	}
	return resolve.Const(resolve.NameTree[resolve.Name]{Op: resolve.Leaf, Leaf: resolve.Name{Bound: &resolve.Bound{
		ID:       name.Take(1),
		Addr:     resolve.Const(resolve.Replicas{Addresses: addresses}),
		Residual: name.Drop(1),
	}}})
}
