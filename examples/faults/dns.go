package main

import (
	"strings"
	"sync/atomic"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/meshhop/meshhop/examples/internal/rig"
)

// domain is where the replicas' names are.
const domain = ".faults.test"

// dnsServer knows hosts of one domain, which are all here, until it is broken.
type dnsServer struct {
	*rig.DNS
	broken atomic.Bool
	asked  atomic.Int64 // while it was broken
}

func startDNS() (s *dnsServer, err error) {
	s = new(dnsServer)
	s.DNS, err = rig.NewDNS(func(name string) dnsmessage.RCode {
		switch {
		case s.broken.Load():
			s.asked.Add(1)
			return dnsmessage.RCodeServerFailure
		case !strings.HasSuffix(name, domain+"."):
			return dnsmessage.RCodeNameError
		}
		return dnsmessage.RCodeSuccess
	})
	return s, err
}
