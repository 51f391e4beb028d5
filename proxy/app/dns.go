package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"

	"github.com/meshhop/meshhop/proxy/config"
)

// dns is the DNS server that looks up hosts: host:port, or empty for the servers of
// the system.
type dns string

func dnsFlag(flags *flag.FlagSet) *dns {
	var d dns
	flags.Var(&d, "dns", "`host:port` of the DNS server that looks up hosts, such as Consul's; default: those of the system")
	return &d
}

// String implements flag.Value.
func (d *dns) String() string { return string(*d) }

// Set implements flag.Value.
func (d *dns) Set(addr string) error {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return fmt.Errorf("want host:port: %w", err)
	}
	*d = dns(addr)
	return nil
}

// apply has parts built that ask the server. Nothing changes if there is none.
func (d *dns) apply(o *config.BuildOptions) {
	if *d == "" {
		return
	}
	o.Resolver = &dnsResolver{server: string(*d), Resolver: net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var dialer net.Dialer
			return dialer.DialContext(ctx, network, string(*d))
		},
	}}
}

// dnsResolver asks one server, and its errors name that one: those of
// [net.Resolver] name the system's, also where its Dial connects to another.
type dnsResolver struct {
	net.Resolver
	server string
}

func (r *dnsResolver) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	ips, err := r.Resolver.LookupNetIP(ctx, network, host)
	if failed := (*net.DNSError)(nil); errors.As(err, &failed) && failed.Server != "" {
		named := *failed
		named.Server = r.server
		err = &named
	}
	return ips, err
}
