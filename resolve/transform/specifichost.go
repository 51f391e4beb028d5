package transform

import (
	"errors"
	"net/netip"

	"github.com/meshhop/meshhop/resolve"
)

// SpecificHost keeps addresses with one of these IPs, which are those of one
// host, as io.l5d.specificHost does. None is an error. Linkerd's prefix is
// /%/io.l5d.specificHost.
func SpecificHost(prefix resolve.Path, ips ...netip.Addr) (*Replicas, error) {
	if len(ips) == 0 {
		return nil, errors.New("transform: SpecificHost needs an IP")
	}
	return Localhost(prefix, ips...)
}
