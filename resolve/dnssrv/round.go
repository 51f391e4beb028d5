package dnssrv

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"github.com/meshhop/meshhop/resolve"
)

// lookUpTimeout bounds one look-up with all its questions. It is shorter than the usual
// binding timeout, which would hide the reason.
const lookUpTimeout = 8 * time.Second

// maxRecords bounds the SRV records of one name, and its addresses.
const maxRecords = 1000

// result is the outcome of one look-up.
type result struct {
	addresses []resolve.Address // sorted; none: there is no such name
	ttl       time.Duration     // for how long it may be used
	err       error             // nothing is known
	partial   error             // some targets could not be looked up
	lacking   string            // which targets have no addresses, and why
	targets   map[string]target // what is known of them now
}

// trouble is the error to report.
func (r result) trouble() error {
	if r.err != nil {
		return r.err
	}
	return r.partial
}

// target is a host that SRV records name.
type target struct {
	ips []netip.Addr // sorted, and of one family
	ttl time.Duration
	err error // ips are those of before
}

// lookUp finds what a name means now. Targets that cannot be looked up keep their
// addresses.
func (n *Namer) lookUp(ctx context.Context, name string, known map[string]target) result {
	ctx, cancel := context.WithTimeout(ctx, lookUpTimeout)
	defer cancel()
	c, names := n.client.at(n.resolvConf, name)
	fail := func(err error) result { return result{err: err, targets: known} }
	out := result{targets: make(map[string]target), ttl: forever}
	var a answer
	for _, candidate := range names {
		var err error
		if a, err = c.ask(ctx, candidate, dns.TypeSRV); err != nil {
			// What comes later in the search is another name, that must not
			// stand in for this one.
			return fail(err)
		}
		out.ttl = min(out.ttl, a.ttl)
		if len(a.records) > 0 {
			break
		}
	}
	if len(a.records) > maxRecords {
		return fail(fmt.Errorf("dnssrv: %s has %d SRV records; the limit is %d", name, len(a.records), maxRecords))
	}
	for _, g := range groupsOf(a.records) {
		hosts := n.targets(ctx, c, g, a.glue, known)
		for host, t := range hosts {
			out.targets[host] = t
			out.ttl = min(out.ttl, t.ttl)
			if t.err != nil {
				out.partial = fmt.Errorf("dnssrv: %s: %w", name, t.err)
			}
		}
		switch out.addresses = g.addresses(hosts); {
		case len(out.addresses) > maxRecords:
			return fail(fmt.Errorf("dnssrv: %s has %d addresses; the limit is %d", name, len(out.addresses), maxRecords))
		case len(out.addresses) > 0:
			out.lacking = lacking(out.targets)
			return out
		}
	}
	if out.partial != nil {
		return fail(out.partial)
	}
	out.lacking = lacking(out.targets)
	return out
}

// targets finds the hosts of a group, each once.
func (n *Namer) targets(ctx context.Context, c client, g group, glue []dns.RR, known map[string]target) map[string]target {
	all := make(map[string]target)
	for _, r := range g {
		host := strings.ToLower(r.Target)
		if _, twice := all[host]; !twice {
			all[host] = fromGlue(host, glue)
		}
	}
	var mu sync.Mutex
	var wait sync.WaitGroup
	for host, t := range maps.Clone(all) {
		if len(t.ips) == 0 {
			wait.Go(func() {
				t := n.target(ctx, c, host)
				if t.err != nil {
					t.ips, t.ttl = known[host].ips, 0
				}
				mu.Lock()
				defer mu.Unlock()
				all[host] = t
			})
		}
	}
	wait.Wait()
	return all
}

// fromGlue finds a target among the additional records.
func fromGlue(host string, glue []dns.RR) target {
	t := target{ttl: forever}
	for _, rr := range glue {
		if strings.EqualFold(rr.Header().Name, host) {
			t.add(rr)
		}
	}
	return t.oneFamily()
}

// target looks a host up: at the servers and, if these do not know it, with the system's
// resolver.
func (n *Namer) target(ctx context.Context, c client, host string) target {
	t := target{ttl: forever}
	var failed error
	for _, family := range []uint16{dns.TypeA, dns.TypeAAAA} {
		a, err := c.ask(ctx, host, family)
		if err != nil {
			failed = err
			break
		}
		t.ttl = min(t.ttl, a.ttl)
		for _, rr := range a.records {
			t.add(rr)
		}
		if len(t.ips) > 0 {
			return t.oneFamily()
		}
	}
	ips, err := n.resolver.LookupNetIP(ctx, "ip", host)
	var notFound *net.DNSError
	switch {
	case err == nil:
		t.ips = ips
	case failed != nil:
		t.err = failed
	case !errors.As(err, &notFound) || !notFound.IsNotFound:
		t.err = fmt.Errorf("look up host %q: %w", host, err)
	}
	return t.oneFamily()
}

func (t *target) add(rr dns.RR) {
	var ip netip.Addr
	switch rr := rr.(type) {
	case *dns.A:
		ip, _ = netip.AddrFromSlice(rr.A)
	case *dns.AAAA:
		ip, _ = netip.AddrFromSlice(rr.AAAA)
	}
	if ip.IsValid() {
		t.ips = append(t.ips, ip)
		t.ttl = min(t.ttl, seconds(rr.Header().Ttl))
	}
}

// oneFamily returns the sorted IPv4 addresses, or all addresses if there are none, as
// hostaddr.Watch does.
func (t target) oneFamily() target {
	for i, ip := range t.ips {
		t.ips[i] = ip.Unmap()
	}
	slices.SortFunc(t.ips, netip.Addr.Compare)
	t.ips = slices.Compact(t.ips)
	if six := slices.IndexFunc(t.ips, netip.Addr.Is6); six > 0 {
		t.ips = t.ips[:six]
	}
	return t
}
