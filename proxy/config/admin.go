package config

import (
	"math"
	"net/netip"
	"time"

	"github.com/meshhop/meshhop/internal/hostcheck"
)

// adminSection is what a file says about the admin server; see Mesh.Admin.
type adminSection struct {
	addr          string
	at            Position
	shutdownGrace time.Duration
	hosts         []string
}

const (
	defaultAdminPort     = 9990
	defaultShutdownGrace = 10 * time.Second
)

func loopback() netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, 1}) }

func readAdmin(top *Decoder) adminSection {
	d, ok := top.Group("admin")
	if !ok {
		return adminSection{addr: netip.AddrPortFrom(loopback(), defaultAdminPort).String(), at: Position{File: top.doc.report.file}, shutdownGrace: defaultShutdownGrace}
	}
	ip, port := d.IP("ip", loopback()), d.Port("port", defaultAdminPort, 0)
	grace := time.Duration(d.Int("shutdownGraceMs", int(defaultShutdownGrace/time.Millisecond), 0, math.MaxInt32)) * time.Millisecond
	if d.Int("workerThreads", 2, 1, 1<<20); d.Has("workerThreads") {
		d.Noticef("workerThreads", "has no effect: requests need no threads here")
	}
	readSocketOptions(d)
	readAdminSecurity(d)
	d.Unsupported("let it listen on 127.0.0.1, and reach it through a TLS proxy or ssh", "tls")
	d.Unsupported("/delegator.json and /explain tell how requests are identified", "httpIdentifierPort")
	hosts := readHosts(d)
	d.Done()
	return adminSection{addr: netip.AddrPortFrom(ip, port).String(), at: d.valuePosition("port"), shutdownGrace: grace, hosts: hosts}
}

// readHosts reads the names by which people call the admin server.
func readHosts(d *Decoder) []string {
	hosts := d.Texts("hosts")
	if n := d.take("hosts"); n != nil {
		for i, item := range n.items {
			if _, ok := hostcheck.Name(item.text); item.shape == scalar && !ok {
				d.doc.report.error(&Error{Position: d.position(item), Path: d.at.child("hosts").item(i).String(),
					Reason: "must be the name of a host, without a port, not " + item.describe()})
			}
		}
	}
	return hosts
}

// readUsage accepts what Linkerd says about reporting to its vendor.
func readUsage(top *Decoder) {
	d, ok := top.Group("usage")
	if !ok {
		return
	}
	d.Text("orgId", "")
	d.Bool("enabled", true)
	d.Done()
	top.Noticef("usage", "has no effect: usage is never reported")
}

// readAdminSecurity accepts only settings that let the admin server serve everything,
// which is Linkerd's default.
func readAdminSecurity(of *Decoder) {
	const key = "security"
	d, ok := of.Group(key)
	if !ok {
		return
	}
	for _, enabled := range []string{"uiEnabled", "controlEnabled", "diagnosticsEnabled"} {
		if !d.Bool(enabled, true) {
			d.Errorf(enabled, "is not supported: only true; let the admin server listen on 127.0.0.1")
		}
	}
	for _, paths := range []string{"pathWhitelist", "pathBlacklist"} {
		if len(d.Texts(paths)) > 0 {
			d.Errorf(paths, "is not supported: only an empty list; let the admin server listen on 127.0.0.1")
		}
	}
	d.Done()
}
