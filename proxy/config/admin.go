package config

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"regexp/syntax"
	"time"

	"github.com/meshhop/meshhop/internal/hostcheck"
	"github.com/meshhop/meshhop/proxy/serve"
)

// adminSection is what a file says about the admin server; see Mesh.Admin.
type adminSection struct {
	addr          string
	at            Position
	identifier    string // where the second listener is, "ip:port"; empty: there is none
	identifierAt  Position
	shutdownGrace time.Duration
	hosts         []string
	security      adminSecurity
	socket        serve.SocketOptions
	tls           *serverTLS // nil: none
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
	socket := readSocketOptions(d)
	security := readAdminSecurity(d)
	secure := readServerTLS(d)
	hosts := readHosts(d)
	s := adminSection{addr: netip.AddrPortFrom(ip, port).String(), at: d.valuePosition("port"), shutdownGrace: grace, hosts: hosts, security: security, socket: socket, tls: secure}
	if second := d.Port("httpIdentifierPort", 0, 0); d.Has("httpIdentifierPort") {
		s.identifier, s.identifierAt = netip.AddrPortFrom(ip, second).String(), d.valuePosition("httpIdentifierPort")
	}
	d.Done()
	return s
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

// adminSecurity has the fields of admin.Security.
type adminSecurity = struct {
	HideUI, HideControl, HideDiagnostics bool
	Show, Hide                           []*regexp.Regexp
}

func readAdminSecurity(of *Decoder) (s adminSecurity) {
	d, ok := of.Group("security")
	if !ok {
		return s
	}
	s.HideUI = !d.Bool("uiEnabled", true)
	s.HideControl = !d.Bool("controlEnabled", true)
	s.HideDiagnostics = !d.Bool("diagnosticsEnabled", true)
	s.Show, s.Hide = d.expressions("pathWhitelist"), d.expressions("pathBlacklist")
	d.Done()
	return s
}

// expressions reads a list of regular expressions. Those of Java that look around or
// refer back do not exist in Go (RE2).
func (d *Decoder) expressions(key string) (all []*regexp.Regexp) {
	if len(d.Texts(key)) == 0 {
		return nil
	}
	for i, item := range d.take(key).items {
		one, err := regexp.Compile(item.text)
		if wrong := (*syntax.Error)(nil); errors.As(err, &wrong) {
			d.doc.report.error(&Error{Position: d.position(item), Path: d.at.child(key).item(i).String(),
				Reason: fmt.Sprintf("is not a regular expression (RE2): %s: %s", wrong.Code, wrong.Expr)})
			continue
		}
		all = append(all, one)
	}
	return all
}
