package app

import (
	"context"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
)

// fromField is how a manifest sets an environment variable to a field of the pod.
func fromField(variable, path string) string {
	return "in the container's manifest: env: [{name: " + variable + ", valueFrom: {fieldRef: {fieldPath: " + path + "}}}]"
}

// node tests whether the node's name resolves to the node: services that are given
// http_proxy=$(NODE_NAME):4140 need that.
func (d *doctor) node(ctx context.Context) {
	const what = "NODE_NAME"
	name := os.Getenv(what)
	if name == "" {
		d.bad(what, fromField(what, "spec.nodeName"), "the environment has none; io.l5d.k8s.localnode with hostNetwork and services with http_proxy=$(NODE_NAME):4140 need it")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, questionTimeout)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupHost(ctx, name)
	if err != nil {
		d.bad(what, "give services the node's address in place of its name: http_proxy from status.hostIP, as in\n"+
			fromField("HOST_IP", "status.hostIP")+" and http_proxy=$(HOST_IP):4140",
			"%s does not resolve: %v", name, err)
		return
	}
	d.well(what, "%s resolves to %s", name, strings.Join(addrs, ", "))
}

// pod tests whether the pod knows its own address, by which io.l5d.k8s.localnode
// recognizes the pods of the same node.
func (d *doctor) pod() {
	const what = "POD_IP"
	text := os.Getenv(what)
	if text == "" {
		d.bad(what, fromField(what, "status.podIP"), "the environment has none; io.l5d.k8s.localnode needs it")
		return
	}
	ip, err := netip.ParseAddr(text)
	if err != nil {
		d.bad(what, fromField(what, "status.podIP"), "%q is no IP address", text)
		return
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		d.note(what, "", "%s; this machine's addresses are not known: %v", ip, err)
		return
	}
	var own []string
	for _, addr := range addrs {
		prefix, err := netip.ParsePrefix(addr.String())
		if err != nil {
			continue
		}
		if prefix.Addr().Unmap() == ip.Unmap() {
			d.well(what, "%s is an address of this pod", ip)
			return
		}
		own = append(own, prefix.Addr().String())
	}
	slices.Sort(own)
	d.bad(what, "let it come from the pod itself, "+fromField(what, "status.podIP"),
		"%s is not an address of this pod; its addresses are %s", ip, strings.Join(own, ", "))
}
