package k8stest

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Bind makes a Service with one port, and what stands behind it: the endpoints
// "10.0.0.1:8080", "[fd00::1]:8080" or, on a node, "10.0.0.1:8080@node-1", all
// ready, as Endpoints and as EndpointSlices. The port is "http", whose number is
// then 80, or "http:8080" with a number. No endpoints: nobody is there. It may be
// called again, and panics on what it cannot read.
func (s *Server) Bind(namespace, service, port string, endpoints ...string) {
	name, number, ok := strings.Cut(port, ":")
	if !ok {
		number = "80"
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		panic(fmt.Sprintf("k8stest: port %q", port))
	}
	type ports = map[string]any
	s.Apply(map[string]any{"kind": "Service", "apiVersion": "v1", "metadata": meta(namespace, service, nil),
		"spec": map[string]any{"type": "ClusterIP", "ports": []ports{{"name": name, "port": n, "protocol": "TCP"}}}})

	slices, subsets := map[string][]any{}, []any{}
	for _, e := range endpoints {
		at, node, _ := strings.Cut(e, "@")
		ap, err := netip.ParseAddrPort(at)
		if err != nil {
			panic(fmt.Sprintf("k8stest: endpoint %q: %v", e, err))
		}
		address, endpoint := map[string]any{"ip": ap.Addr().String()}, map[string]any{"addresses": []string{ap.Addr().String()}, "conditions": map[string]any{"ready": true}}
		if node != "" {
			address["nodeName"], endpoint["nodeName"] = node, node
		}
		subsets = append(subsets, map[string]any{"addresses": []any{address}, "ports": []ports{{"name": name, "port": ap.Port(), "protocol": "TCP"}}})
		family := "IPv4"
		if ap.Addr().Is6() {
			family = "IPv6"
		}
		key := family + " " + strconv.Itoa(int(ap.Port()))
		slices[key] = append(slices[key], endpoint)
	}
	s.Apply(map[string]any{"kind": "Endpoints", "apiVersion": "v1", "metadata": meta(namespace, service, nil), "subsets": subsets})
	labels := map[string]any{serviceName: service}
	keep := map[string]bool{}
	for key, all := range slices {
		family, portText, _ := strings.Cut(key, " ")
		p, _ := strconv.Atoi(portText)
		slice := service + "-" + strings.ToLower(family) + "-" + portText
		keep[slice] = true
		s.Apply(map[string]any{"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1", "metadata": meta(namespace, slice, labels),
			"addressType": family, "endpoints": all, "ports": []ports{{"name": name, "port": p, "protocol": "TCP"}}})
	}
	if len(endpoints) == 0 {
		keep[service+"-none"] = true
		s.Apply(map[string]any{"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1", "metadata": meta(namespace, service+"-none", labels),
			"addressType": "IPv4", "endpoints": nil, "ports": nil})
	}
	s.removeSlices(namespace, service, keep)
}

// Unbind removes a Service and what stands behind it.
func (s *Server) Unbind(namespace, service string) {
	s.removeSlices(namespace, service, nil)
	s.Delete("Endpoints", namespace, service)
	s.Delete("Service", namespace, service)
}

func (s *Server) removeSlices(namespace, service string, keep map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := query{resource: "endpointslices", namespace: namespace, labels: map[string]string{serviceName: service}}
	for _, o := range s.listed(q) {
		if !keep[o.name] {
			s.remove(o.id)
		}
	}
}

func meta(namespace, name string, labels map[string]any) map[string]any {
	m := map[string]any{"name": name, "namespace": namespace}
	if labels != nil {
		m["labels"] = labels
	}
	return m
}
