package transform

import (
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/meshhop/meshhop/resolve"
)

// Localhost keeps addresses with one of these IPs, as io.l5d.localhost does.
// Without ips it is the IPs of this machine's interfaces as they are now, and
// all loopback addresses: Debian gives a machine's own name the address 127.0.1.1,
// which no interface lists, and which Linkerd takes for another machine's. The
// error is that the interfaces cannot be asked. Linkerd's prefix is
// /%/io.l5d.localhost.
func Localhost(prefix resolve.Path, ips ...netip.Addr) (*Replicas, error) {
	local := make([]netip.Addr, len(ips))
	for i, ip := range ips {
		local[i] = plain(ip)
	}
	if len(ips) == 0 {
		var err error
		if local, err = machineIPs(); err != nil {
			return nil, err
		}
	}
	return newReplicas("SubnetLocalTransformer", prefix, filter(func(a resolve.Address) bool {
		ip := plain(a.AddrPort.Addr())
		return slices.Contains(local, ip) || len(ips) == 0 && ip.IsLoopback()
	})), nil
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
				ips = append(ips, plain(ip))
			}
		}
	}
	return ips, nil
}

// plain makes IPs comparable: no IPv4 in IPv6, no zone.
func plain(ip netip.Addr) netip.Addr { return ip.Unmap().WithZone("") }
