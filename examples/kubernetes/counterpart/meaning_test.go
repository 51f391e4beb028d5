//lint:file-ignore SA1019 Endpoints are what a server has that gives no EndpointSlices.

package counterpart_test

import (
	"fmt"
	"net"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/meshhop/meshhop/resolve"
)

// meaning is what a port of a Service means, by the API reference and by
// resolve/k8s's documentation.
type meaning struct {
	exists bool
	at     map[string][]string // "ip:port", and the nodes that it is said to be on
	hosts  map[string]string   // "ip:port", and the host that it was found by
}

func (m *meaning) add(ip string, port int32, node *string) (at string) {
	if m.at == nil {
		m.at, m.hosts = map[string][]string{}, map[string]string{}
	}
	at = net.JoinHostPort(net.ParseIP(ip).String(), strconv.Itoa(int(port)))
	m.at[at] = append(m.at[at], value(node))
	return at
}

// differs says how what a namer gives is something else.
func (m *meaning) differs(exists bool, addresses []resolve.Address) string {
	if exists != m.exists {
		return fmt.Sprintf("it exists: %t, and by Kubernetes' types %t", exists, m.exists)
	}
	found := map[string]bool{}
	for _, a := range addresses {
		at := a.AddrPort.String()
		nodes := m.at[at]
		named := slices.DeleteFunc(slices.Clone(nodes), func(n string) bool { return n == "" })
		switch {
		case found[at]:
			return at + " is there twice"
		case nodes == nil:
			return at + " is not there by Kubernetes' types"
		case len(named) == 0 && a.NodeName != "" || len(named) > 0 && !slices.Contains(named, a.NodeName):
			return fmt.Sprintf("%s is on node %q, and by Kubernetes' types on %q", at, a.NodeName, nodes)
		case a.Host != m.hosts[at]:
			return fmt.Sprintf("%s is of the host %q, and by Kubernetes' types of %q", at, a.Host, m.hosts[at])
		case a.Weight != 1 || a.Status != 0 || a.Authority != "":
			return fmt.Sprintf("%s has weight %v, status %d, authority %q", at, a.Weight, a.Status, a.Authority)
		}
		found[at] = true
	}
	for at := range m.at {
		if !found[at] {
			return at + " is missing"
		}
	}
	return ""
}

// byEndpoints is what a port means by Endpoints.
func (p parts) byEndpoints(port string) meaning {
	var m meaning
	wanted, all, ok := p.port(port)
	if !ok {
		return m
	}
	m.exists = all
	if p.endpoints == nil {
		return m
	}
	for _, s := range p.endpoints.Subsets {
		for _, e := range s.Ports {
			if e.Name != wanted || e.Protocol != corev1.ProtocolTCP && e.Protocol != "" {
				continue
			}
			m.exists = m.exists || len(s.Addresses) > 0 || len(s.NotReadyAddresses) > 0
			for _, a := range s.Addresses {
				m.add(a.IP, e.Port, a.NodeName)
			}
		}
	}
	return m
}

// bySlices is what a port means by EndpointSlices.
func (p parts) bySlices(port string) meaning {
	var m meaning
	wanted, all, ok := p.port(port)
	if !ok {
		return m
	}
	m.exists = all
	for _, s := range p.slices {
		if s.AddressType != discoveryv1.AddressTypeIPv4 && s.AddressType != discoveryv1.AddressTypeIPv6 {
			continue
		}
		for _, has := range s.Ports {
			if has.Protocol != nil && *has.Protocol != corev1.ProtocolTCP {
				continue
			}
			number := has.Port
			switch {
			case number == nil && !all: // all ports, and none by name
				continue
			case number == nil:
				asked, _ := strconv.ParseInt(port, 10, 32)
				number = new(int32(asked))
			case value(has.Name) != wanted:
				continue
			}
			m.exists = m.exists || len(s.Endpoints) > 0
			for _, e := range s.Endpoints {
				// Absent is "unknown", and is to be taken for true.
				if e.Conditions.Ready == nil || *e.Conditions.Ready {
					m.add(e.Addresses[0], *number, e.NodeName)
				}
			}
		}
	}
	return m
}

// port is which of the pods' ports is meant by one of the Service; ok is false
// where there is none. What is asked for by number exists because the Service says
// so.
func (p parts) port(asked string) (name string, byNumber, ok bool) {
	number, err := strconv.ParseInt(asked, 10, 32)
	if err != nil {
		return asked, false, true
	}
	if p.service == nil || p.service.Spec.Type == corev1.ServiceTypeExternalName {
		return "", false, false
	}
	for _, has := range p.service.Spec.Ports {
		if has.Port == int32(number) && (has.Protocol == "" || has.Protocol == corev1.ProtocolTCP) {
			return has.Name, true, true
		}
	}
	return "", false, false
}

// balancers is what a port means from outside, with the hosts' addresses in hosts.
func (p parts) balancers(port string, hosts map[string]string) meaning {
	var m meaning
	if p.service == nil {
		return m
	}
	number, err := strconv.ParseInt(port, 10, 32)
	for _, has := range p.service.Spec.Ports {
		if (has.Protocol != "" && has.Protocol != corev1.ProtocolTCP) || err == nil && has.Port != int32(number) || err != nil && has.Name != port {
			continue
		}
		for _, at := range p.service.Status.LoadBalancer.Ingress {
			m.exists = true
			if at.IP != "" {
				m.add(at.IP, has.Port, nil)
			} else {
				m.hosts[m.add(hosts[at.Hostname], has.Port, nil)] = at.Hostname
			}
		}
	}
	return m
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
