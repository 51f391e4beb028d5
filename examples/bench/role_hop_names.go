package main

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

// manyReplicas is how many a service has where there are many: the backend listens on as many
// addresses, 127.0.0.1 and those after it.
const manyReplicas = 10

// many has the services n0, n1 and so on, each of them with all replicas.
type many struct {
	names int
	all   resolve.Replicas
}

func manyAt(j job) ([]resolve.Mount, error) {
	first, err := netip.ParseAddrPort(j.Backend)
	if err != nil {
		return nil, err
	}
	m := many{names: j.Names}
	at := first.Addr()
	for range manyReplicas {
		m.all.Addresses = append(m.all.Addresses, resolve.Address{AddrPort: netip.AddrPortFrom(at, first.Port()), Weight: 1})
		at = at.Next()
	}
	return []resolve.Mount{{Prefix: resolve.MustPath("/#/many"), Namer: m}}, nil
}

func (m many) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	if p.IsEmpty() {
		return resolve.Const(resolve.NameTree[resolve.Name]{})
	}
	n, err := strconv.Atoi(strings.TrimPrefix(p.Label(0), "n"))
	if err != nil || n >= m.names {
		return resolve.Const(resolve.NameTree[resolve.Name]{})
	}
	set := &resolve.Bound{ID: p.Take(1), Addr: resolve.Const(m.all), Residual: p.Drop(1)}
	return resolve.Const(resolve.LeafOf(resolve.Name{Bound: set}))
}

// manyDtab leads to them.
func manyDtab() (resolve.Dtab, error) { return resolve.ParseDtab("/svc => /#/many") }
