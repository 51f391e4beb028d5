package main

import (
	"strings"
	"sync/atomic"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/meshhop/meshhop/examples/internal/rig"
)

// dnsServer counts what it is asked. Names that begin with "n" are 127.0.0.1, and
// there are no others.
type dnsServer struct {
	*rig.DNS
	asked atomic.Int64
}

func newDNSServer() (s *dnsServer, err error) {
	s = new(dnsServer)
	s.DNS, err = rig.NewDNS(func(name string) dnsmessage.RCode {
		s.asked.Add(1)
		if !strings.HasPrefix(name, "n") {
			return dnsmessage.RCodeNameError
		}
		return dnsmessage.RCodeSuccess
	})
	return s, err
}
