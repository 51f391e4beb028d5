package k8s

import (
	"net/netip"
	"strings"

	"github.com/meshhop/meshhop/resolve/k8s/internal/api"
)

// backing is what stands behind a Service, of whatever resource it was read. It
// is never changed.
type backing struct {
	groups []group
	report *api.Report
}

// group is endpoints that have the same ports: a subset of Endpoints, or an
// EndpointSlice. It has one at least, ready or not.
type group struct {
	ports []port // TCP
	ready []endpoint
}

type port struct {
	name   string
	number uint16 // 0: all ports
}

type endpoint struct {
	ip   netip.Addr
	node string
}

// ofSlices makes groups of EndpointSlices. One of hosts (addressType FQDN) has no
// addresses and is left out.
func ofSlices(all []*slice) []group {
	var groups []group
	for _, s := range all {
		if s.AddressType == "FQDN" || len(s.Endpoints) == 0 {
			continue
		}
		g := group{ports: portsOf(s.Ports)}
		for _, e := range s.Endpoints {
			// Nothing says what further addresses of an endpoint mean, and
			// no controller makes any.
			if len(e.Addresses) == 0 || e.Conditions.Ready != nil && !*e.Conditions.Ready {
				continue
			}
			g.add(e.Addresses[0], e.NodeName)
		}
		groups = append(groups, g)
	}
	return groups
}

// ofEndpoints makes groups of the subsets of Endpoints.
func ofEndpoints(all []*endpointsObject) []group {
	var groups []group
	for _, o := range all {
		for _, s := range o.Subsets {
			if len(s.Addresses)+len(s.NotReady) == 0 {
				continue
			}
			g := group{ports: portsOf(s.Ports)}
			for _, a := range s.Addresses {
				g.add(a.IP, a.NodeName)
			}
			groups = append(groups, g)
		}
	}
	return groups
}

func (g *group) add(address, node string) {
	if ip, err := netip.ParseAddr(address); err == nil {
		g.ready = append(g.ready, endpoint{ip.Unmap(), node})
	}
}

func portsOf(all []slicePort) []port {
	var ports []port
	for _, p := range all {
		switch {
		case !isTCP(p.Protocol):
		case p.Port == nil:
			ports = append(ports, port{p.Name, 0})
		case *p.Port > 0 && *p.Port < 1<<16:
			ports = append(ports, port{p.Name, uint16(*p.Port)})
		}
	}
	return ports
}

// isTCP says whether a protocol is TCP, which is the default.
func isTCP(protocol string) bool { return protocol == "" || strings.EqualFold(protocol, "TCP") }
