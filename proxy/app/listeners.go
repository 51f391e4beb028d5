package app

import (
	"net"
	"net/netip"
	"os"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/router"
)

// ownListeners returns the listeners of this process, none so far. If the
// environment names the address of the pod (POD_IP, which the manifests of Linkerd
// set), that address counts as one of the machine's.
func ownListeners() *router.Listeners {
	own := &router.Listeners{}
	if ip, err := netip.ParseAddr(os.Getenv("POD_IP")); err == nil {
		own.IPs = append(own.IPs, ip.Unmap())
	}
	return own
}

// expect adds those that a mesh would have if it ran. Port 0 is left out: it is not
// known which port the system would pick.
func expect(own *router.Listeners, mesh *config.Mesh) {
	all := []string{mesh.Admin.Addr, mesh.Admin.IdentifierAddr}
	for _, s := range mesh.Servers {
		all = append(all, s.Addr)
	}
	for _, text := range all {
		if addr, err := netip.ParseAddrPort(text); err == nil && addr.Port() != 0 {
			own.Add(net.TCPAddrFromAddrPort(addr))
		}
	}
}
