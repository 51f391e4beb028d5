package router

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Listeners are where this process itself listens: its servers, its admin server.
// Where a router knows them (see [Config]), a dtab that a request brought does not
// lead there: whoever may only send requests could otherwise give orders to the
// proxy, or have it send requests to itself. The zero value is ready; it is safe
// for concurrent use, and may be shared by all routers of a process.
//
// An address is one of them if it has the port of one and is this machine's own, by
// whatever name: a loopback address, that of an interface, an unspecified one
// (which connects to this machine), or one of IPs. Which of its addresses the
// machine listens on does not matter.
type Listeners struct {
	// IPs are further addresses that lead here, such as that of the pod. They are
	// set before the first use.
	IPs []netip.Addr

	mu    sync.Mutex
	ports map[uint16]int // how many listeners have it
	own   []netip.Addr   // of the interfaces, as of asked
	asked time.Time
}

// Add notes what [net.Listener.Addr] gave, until forget is called. An address that
// is none of TCP is ignored.
func (l *Listeners) Add(addr net.Addr) (forget func()) {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok || tcp == nil {
		return func() {}
	}
	port := tcp.AddrPort().Port()
	l.count(port, 1)
	return sync.OnceFunc(func() { l.count(port, -1) })
}

func (l *Listeners) count(port uint16, by int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ports == nil {
		l.ports = make(map[uint16]int)
	}
	if l.ports[port] += by; l.ports[port] <= 0 {
		delete(l.ports, port)
	}
}

// Have says whether one of the listeners would take a connection to the address.
func (l *Listeners) Have(addr netip.AddrPort) bool {
	ip := addr.Addr().Unmap().WithZone("")
	if l == nil || !ip.IsValid() {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ports[addr.Port()] == 0 {
		return false
	}
	return ip.IsLoopback() || ip.IsUnspecified() || slices.Contains(l.IPs, ip) || slices.Contains(l.interfaces(), ip)
}

// interfacesFor is how long the addresses of the interfaces are taken for true.
const interfacesFor = 5 * time.Second

// interfaces are the addresses of this machine's interfaces. Where they cannot be
// asked for they are those of before.
func (l *Listeners) interfaces() []netip.Addr {
	if now := time.Now(); now.Sub(l.asked) > interfacesFor {
		l.asked = now
		if addrs, err := net.InterfaceAddrs(); err == nil {
			l.own = l.own[:0]
			for _, addr := range addrs {
				if prefix, err := netip.ParsePrefix(addr.String()); err == nil {
					l.own = append(l.own, prefix.Addr().Unmap().WithZone(""))
				}
			}
		}
	}
	return l.own
}
