package main

import (
	"net/netip"

	"github.com/meshhop/meshhop/resolve"
)

// directory is a namer: it knows by name where this program's services listen.
type directory map[string]netip.AddrPort

// Lookup implements [resolve.Namer]. The first label of p is the service, what
// follows is left over.
func (d directory) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	var answer resolve.NameTree[resolve.Name] // the zero value: no such name
	if !p.IsEmpty() {
		if at, ok := d[p.Label(0)]; ok {
			answer = resolve.LeafOf(resolve.Name{Bound: &resolve.Bound{
				ID:       p.Take(1),
				Residual: p.Drop(1),
				Addr: resolve.Const(resolve.Replicas{
					Addresses: []resolve.Address{{AddrPort: at, Weight: 1}},
				}),
			}})
		}
	}
	return resolve.Const(answer)
}
