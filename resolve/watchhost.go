package resolve

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"
)

// Resolver finds the IPs of a host; [net.DefaultResolver] is one. For a host
// that does not exist the error is a [net.DNSError] with IsNotFound. Calls may
// be concurrent.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// lookupTimeout bounds one question, so that a silent server is a failure.
const lookupTimeout = 5 * time.Second

// maxWaits is how many times rarer than others a host is looked up that does
// not exist.
const maxWaits = 8

// WatchHost looks a host up now and every refresh until ctx ends, then
// returns. It calls found with the first outcome and with each that differs
// from the one before. No IPs and no error: there is no such host. An error:
// it could not be found out. IPs are sorted; where a host has IPv4 addresses
// they are all that is given, as half of the replicas of "localhost" would
// else refuse connections.
//
// While there is no such host, or nothing was ever found out about it, each
// time until the next look-up is twice the one before, at most 8 times refresh:
// names come from strangers, and a host that they have made up would be asked
// for as often as one that is in use.
func WatchHost(ctx context.Context, r Resolver, host string, refresh time.Duration, found func([]netip.Addr, error)) {
	var last []netip.Addr
	var lastErr error
	next := time.NewTimer(0)
	defer next.Stop()
	wait, exists := refresh, false
	for first := true; ; first = false {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
		ips, err := lookupHost(ctx, r, host)
		if ctx.Err() != nil {
			return
		}
		if first || !slices.Equal(ips, last) || !sameError(err, lastErr) {
			last, lastErr = ips, err
			found(ips, err)
		}
		if exists = len(ips) > 0 || err != nil && exists; exists {
			wait = refresh
		}
		next.Reset(wait)
		if !exists {
			wait = min(2*wait, maxWaits*refresh)
		}
	}
}

func lookupHost(ctx context.Context, r Resolver, host string) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	ips, err := r.LookupNetIP(ctx, "ip", host)
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return nil, nil
	case err != nil:
		return nil, err
	}
	out := make([]netip.Addr, 0, len(ips))
	for _, ip := range ips {
		out = append(out, ip.Unmap())
	}
	slices.SortFunc(out, netip.Addr.Compare)
	out = slices.Compact(out)
	// IPv4 sorts before IPv6.
	if six := slices.IndexFunc(out, netip.Addr.Is6); six > 0 {
		out = out[:six]
	}
	return out, nil
}

func sameError(a, b error) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.Error() == b.Error()
}
