package k8s

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s/internal/api"
)

// answer is what a name means. It is never changed.
type answer struct {
	exists    bool
	addresses []resolve.Address // in order
}

// answers is what a name means, from now on.
func (c *Client) answers(n name) *resolve.Activity[answer] {
	behind := c.backing(n.of)
	if n.number == 0 {
		return resolve.MapActivity(behind, func(b backing) answer { return byName(b, n.port) })
	}
	return resolve.FlatMapActivity(c.service(n.of), func(s api.Snapshot[*service]) *resolve.Activity[answer] {
		p, ok := portOf(s.Items, n.number)
		if !ok {
			return resolve.Const(answer{})
		}
		return resolve.MapActivity(behind, func(b backing) answer { return byNumber(b, p) })
	})
}

// portOf finds the port of a Service by its number.
func portOf(found []*service, number uint16) (servicePort, bool) {
	for _, s := range found {
		if s.Spec.Type == "ExternalName" {
			continue
		}
		for _, p := range s.Spec.Ports {
			if p.Port == int(number) && isTCP(p.Protocol) {
				return p, true
			}
		}
	}
	return servicePort{}, false
}

// byName is what the port of a name means. It exists where some pod has it, ready
// or not. What has all ports has none by name.
func byName(b backing, wanted string) answer {
	a := answer{}
	for _, g := range b.groups {
		for _, p := range g.ports {
			if p.name == wanted && p.number != 0 {
				a.exists = true
				a.add(g.ready, p.number)
			}
		}
	}
	return a.sorted()
}

// byNumber is what the port of a Service means. It exists because that is there.
func byNumber(b backing, of servicePort) answer {
	a := answer{exists: true}
	for _, g := range b.groups {
		for _, p := range g.ports {
			if p.name != of.Name && p.number != 0 {
				continue
			}
			number := p.number
			if number == 0 {
				number = uint16(of.Port)
			}
			a.add(g.ready, number)
		}
	}
	return a.sorted()
}

func (a *answer) add(ready []endpoint, number uint16) {
	for _, e := range ready {
		a.addresses = append(a.addresses, resolve.Address{AddrPort: netip.AddrPortFrom(e.ip, number), Weight: 1, NodeName: e.node})
	}
}

// sorted has each address once, in an order that does not depend on how they are
// spread over slices. An address with a node's name stands for one without.
func (a answer) sorted() answer {
	slices.SortFunc(a.addresses, func(x, y resolve.Address) int {
		return cmp.Or(x.AddrPort.Compare(y.AddrPort), cmp.Compare(y.NodeName, x.NodeName))
	})
	a.addresses = slices.CompactFunc(a.addresses, func(x, y resolve.Address) bool { return x.AddrPort == y.AddrPort })
	return a
}
