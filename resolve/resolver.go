package resolve

import (
	"context"
	"net/netip"
)

// Resolver finds the IPs of a host; [net.DefaultResolver] is one. For a host
// that does not exist the error is a [net.DNSError] with IsNotFound. Calls may
// be concurrent. The namers that look hosts up have one in their Config.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}
