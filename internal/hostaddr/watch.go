package hostaddr

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/meshhop/meshhop/resolve"
)

// lookupTimeout bounds one look-up, so that a silent server is a failure.
const lookupTimeout = 5 * time.Second

// maxWaits bounds the wait between look-ups of a host that does not exist, as a
// multiple of refresh.
const maxWaits = 8

// Watch looks a host up now and every refresh until ctx ends, then returns. It
// calls found with the first outcome and with each that differs from the one
// before. No IPs and no error mean that there is no such host; an error means that
// the look-up failed. IPs are sorted. Of a host with IPv4 addresses only these are
// given: otherwise half of the replicas of "localhost" would refuse connections.
//
// While the host does not exist, or no look-up of it has ever succeeded, each wait
// until the next look-up is twice the one before, up to 8 times refresh: names come
// from strangers, and a host that a stranger has made up would otherwise be looked
// up as often as one that is in use.
func Watch(ctx context.Context, r resolve.Resolver, host string, refresh time.Duration, found func([]netip.Addr, error)) {
	var last []netip.Addr
	var lastErr error
	wait, exists := refresh, false
	for first := true; ; first = false {
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
		next := time.After(wait)
		if !exists {
			wait = min(2*wait, maxWaits*refresh)
		}
		select {
		case <-ctx.Done():
			return
		case <-next:
		}
	}
}

func lookupHost(ctx context.Context, r resolve.Resolver, host string) ([]netip.Addr, error) {
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
