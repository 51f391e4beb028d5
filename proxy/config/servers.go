package config

import (
	"math"
	"net/netip"
	"strconv"
	"time"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/router"
)

// serverSection is an entry of a router's list servers.
type serverSection struct {
	path                  string
	at                    Position // of the port, or the group
	ip                    netip.Addr
	port                  uint16
	clearContext          bool
	overrides             *router.Overrides // nil: no rules
	ignoreDtabs           bool
	trustTraceContext     bool
	maxCallDepth          int // 0: the default
	maxConcurrentRequests int // 0: no limit
	session               serve.Config
	timeout               time.Duration // 0: none
	forwarded             *proxy.Forwarded
	timestampHeader       string
	dryRun                *dryRunSection // nil: none
	routeHeader           bool
	tls                   *serverTLS // nil: none
}

// The default ports of a server, by the protocol of its router.
const (
	defaultServerPort      = 4140
	defaultHTTP2ServerPort = 4142
)

func readServers(of *Decoder) []serverSection {
	var all []serverSection
	protocol, defaultPort := of.Text("protocol", ""), defaultServerPort
	if protocol == http2 {
		defaultPort = defaultHTTP2ServerPort
	}
	for _, d := range of.Groups("servers") {
		ip, port := readAddr(d, defaultPort)
		s := serverSection{
			path:                  d.Path(),
			at:                    d.valuePosition("port"),
			ip:                    ip,
			port:                  port,
			clearContext:          d.Bool("clearContext", false),
			trustTraceContext:     d.Bool("trustTraceContext", false),
			maxCallDepth:          d.Int("maxCallDepth", 0, 1, math.MaxInt32),
			maxConcurrentRequests: d.Int("maxConcurrentRequests", 0, 1, math.MaxInt32),
			session:               readServerSession(d),
			timeout:               d.Duration("timeoutMs", 0, time.Millisecond),
			forwarded:             readForwarded(d),
			timestampHeader:       readTimestampHeader(d),
			routeHeader:           d.Bool("routeHeader", false),
		}
		s.overrides, s.ignoreDtabs = readOverrides(d)
		s.dryRun = readDryRun(d)
		s.tls = readServerTLS(d)
		if s.clearContext && s.routeHeader {
			d.Errorf("routeHeader", "cannot be used with clearContext, which removes the header")
		}
		if s.clearContext && s.dryRun != nil {
			d.Errorf("dryRun", "cannot be used with clearContext, which drops the header that asks for a dry run")
		}
		if s.clearContext && d.Has("overrides") {
			d.Noticef("overrides", "has no effect: with clearContext the server takes no dtab from requests")
		}
		s.session.Socket = readSocketOptions(d)
		s.session.Protocols, s.session.HTTP2 = readHTTP2Server(d, protocol)
		all = append(all, s)
		readAnnounced(d, "announce")
		d.Text("label", "") // has no effect in Linkerd either
		d.Done()
	}
	return all
}

// readTimestampHeader reads the name of the header for the time of arrival; "" means
// none.
func readTimestampHeader(d *Decoder) string {
	if !d.Has("timestampHeader") {
		return ""
	}
	return headerName(d, "timestampHeader", "")
}

// readAddr reads the address of a server. If it is wrong, the port is 0, which never
// collides with that of another server.
func readAddr(d *Decoder, absent int) (netip.Addr, uint16) {
	before := len(d.doc.report.errors)
	ip, port := d.IP("ip", loopback()), d.Port("port", absent, 0)
	if len(d.doc.report.errors) > before {
		port = 0
	}
	return ip, port
}

// addr returns the configured address.
func (s serverSection) addr() netip.AddrPort { return netip.AddrPortFrom(s.ip, s.port) }

// serviceName is the server's name in spans.
func (s serverSection) serviceName() string {
	return s.ip.String() + "/" + portText(s.port)
}

func portText(port uint16) string { return strconv.Itoa(int(port)) }

// checkPorts finds servers that cannot listen at the same time. An address for all
// interfaces takes its port on each of them.
func checkPorts(top *Decoder, admin adminSection, routers []routerSection) {
	type taken struct {
		addr netip.AddrPort
		what string
	}
	adminAddr, err := netip.ParseAddrPort(admin.addr)
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
