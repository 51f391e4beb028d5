package transform

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/internal/nodes"
)

// Localhost keeps addresses of this machine, as io.l5d.localhost does: the IPs of its
// interfaces as they are now, and all loopback addresses. Debian gives a machine's own
// name the address 127.0.1.1, which no interface lists, and which Linkerd takes to be
// another machine's. The error is that the interfaces cannot be listed. Linkerd's
// prefix is /%/io.l5d.localhost.
func Localhost(prefix resolve.Path) (resolve.Transformer, error) {
	local, err := machineIPs()
	if err != nil {
		return nil, err
	}
	return onHost(prefix, func(ip netip.Addr) bool { return slices.Contains(local, ip) || ip.IsLoopback() }), nil
}

// SpecificHost keeps addresses with one of these IPs, which are those of one
// host, as io.l5d.specificHost does. None is an error. Linkerd's prefix is
// /%/io.l5d.specificHost.
func SpecificHost(prefix resolve.Path, ips ...netip.Addr) (resolve.Transformer, error) {
	if len(ips) == 0 {
		return nil, errors.New("transform: SpecificHost needs an IP")
	}
	local := make([]netip.Addr, len(ips))
	for i, ip := range ips {
		local[i] = nodes.Plain(ip)
	}
	return onHost(prefix, func(ip netip.Addr) bool { return slices.Contains(local, ip) }), nil
}

func onHost(prefix resolve.Path, local func(netip.Addr) bool) resolve.Transformer {
	return newReplicas("SubnetLocalTransformer", prefix, filter(func(a resolve.Address) bool { return local(nodes.Plain(a.AddrPort.Addr())) }))
}

func machineIPs() ([]netip.Addr, error) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("transform: this machine's addresses: %w", err)
	}
	var ips []netip.Addr
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok {
				ips = append(ips, nodes.Plain(ip))
			}
		}
	}
	return ips, nil
}
