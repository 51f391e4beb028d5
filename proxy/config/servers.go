package config

import (
	"math"
	"net/netip"
	"strconv"
	"time"
)

// serverSection is an entry of a router's list servers.
type serverSection struct {
	path                  string
	at                    Position // of the port, or the group
	ip                    netip.Addr
	port                  uint16
	clearContext          bool
	maxCallDepth          int // 0: the default
	maxConcurrentRequests int // 0: no limit
	session               Session
	timeout               time.Duration // 0: none
}

const defaultServerPort = 4140

func readServers(of *Decoder) []serverSection {
	var all []serverSection
	for _, d := range of.Groups("servers") {
		before := len(d.doc.report.errors)
		ip, port := d.IP("ip", loopback()), d.Port("port", defaultServerPort, 0)
		if len(d.doc.report.errors) > before {
			port = 0 // not known, so not taken either
		}
		all = append(all, serverSection{
			path:                  d.Path(),
			at:                    d.valuePosition("port"),
			ip:                    ip,
			port:                  port,
			clearContext:          d.Bool("clearContext", false),
			maxCallDepth:          d.Int("maxCallDepth", 0, 1, math.MaxInt32),
			maxConcurrentRequests: d.Int("maxConcurrentRequests", 0, 1, math.MaxInt32),
			session:               readServerSession(d),
			timeout:               d.Duration("timeoutMs", 0, time.Millisecond),
		})
		d.Unsupported("", "socketOptions", "tls", "label", "announce", "addForwardedHeader", "timestampHeader")
		d.Done()
	}
	return all
}

// addr is the configured address.
func (s serverSection) addr() netip.AddrPort { return netip.AddrPortFrom(s.ip, s.port) }

// serviceName is what the server is called in spans.
func (s serverSection) serviceName() string {
	return s.ip.String() + "/" + portText(s.port)
}

func portText(port uint16) string { return strconv.Itoa(int(port)) }

// checkPorts finds servers that cannot listen beside each other; an address
// for all interfaces takes the port on each.
func checkPorts(top *Decoder, admin Admin, routers []routerSection) {
	type taken struct {
		addr netip.AddrPort
		what string
	}
	adminAddr, err := netip.ParseAddrPort(admin.Addr)
	if err != nil {
		return
	}
	servers := []taken{{adminAddr, "the admin server"}}
	for _, r := range routers {
		for _, s := range r.servers {
			for _, other := range servers {
				if s.port != other.addr.Port() || s.port == 0 {
					continue
				}
				ip := other.addr.Addr()
				if ip == s.ip || ip.IsUnspecified() || s.ip.IsUnspecified() {
					top.doc.report.error(&Error{Position: s.at, Path: s.path + ".port",
						Reason: "port " + portText(s.port) + " is taken by " + other.what + ", at " + other.addr.String()})
					break
				}
			}
			servers = append(servers, taken{s.addr(), s.path + " in " + lineText(s.at.Line)})
		}
	}
}
