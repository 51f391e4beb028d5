package config

import (
	"time"

	"github.com/meshhop/meshhop/internal/hostaddr"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/dnssrv"
)

// dnssrvNamer is io.l5d.dnssrv.
func dnssrvNamer(d *Decoder) (Namer, error) {
	refresh := d.Duration("refreshIntervalSeconds", 0, time.Second)
	hosts := d.Texts("dnsHosts")
	for _, host := range hosts {
		if _, err := hostaddr.ParseServer(host); err != nil {
			d.Errorf("dnsHosts", "%s is not a host, or host:port", quoted(host))
		}
	}
	return Namer{
		Prefix:      resolve.Path{}.AppendLabel("io.l5d.dnssrv"),
		NoOtherName: true,
		New: func(o BuildOptions) (resolve.Namer, error) {
			return dnssrv.New(dnssrv.Config{Servers: hosts, MaxRefresh: refresh, ErrorLog: o.ErrorLog})
		},
	}, nil
}
