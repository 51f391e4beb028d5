package inet

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/meshhop/meshhop/internal/hostaddr"
	"github.com/meshhop/meshhop/internal/trouble"
	"github.com/meshhop/meshhop/resolve"
)

// Config of a [Namer]. The zero value is ready to use.
type Config struct {
	// Resolver looks names up. Nil means [net.DefaultResolver].
	Resolver resolve.Resolver
	// Refresh is the time between two look-ups of a name. Zero means 5 s.
	Refresh time.Duration
	// ErrorLog gets hosts in use that are found to have no addresses: each at once, then
	// once a minute, and when it has some again; all together at most 10 lines in a
	// minute, because strangers may name them. Default: they are not logged.
	ErrorLog *slog.Logger
	// Fixed looks a name up only until it is found: /$/fixedinet.
	Fixed bool
	// PortFirst reads names as <port>/<host>: /$/io.buoyant.rinet.
	PortFirst bool
}

const defaultRefresh = 5 * time.Second

// Namer resolves names that contain host and port.
type Namer struct {
	resolver  resolve.Resolver
	refresh   time.Duration
	fixed     bool
	portFirst bool
	log       log
}

// New makes a Namer. A negative Refresh is an error.
func New(c Config) (*Namer, error) {
	n := &Namer{resolver: c.Resolver, refresh: c.Refresh, fixed: c.Fixed, portFirst: c.PortFirst, log: log{to: c.ErrorLog}}
	if n.resolver == nil {
		n.resolver = net.DefaultResolver
	}
	if n.refresh == 0 {
		n.refresh = defaultRefresh
	}
	if n.refresh < 0 {
		return nil, fmt.Errorf("inet: Refresh %s is negative", c.Refresh)
	}
	return n, nil
}

// Lookup implements [resolve.Namer]. A name that does not have the form
// <host>/<port> or <port> fails with a [resolve.UnknownNamerError], as in
// Linkerd. With PortFirst a name of fewer than two labels is Neg, also as in Linkerd.
func (n *Namer) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	if n.portFirst {
		return n.lookupReversed(p)
	}
	if p.Len() >= 2 {
		if port, ok := parsePort(p.Label(1)); ok {
			return bound(p, 2, n.replicas(p.Label(0), port))
		}
	}
	if p.Len() >= 1 {
		if port, ok := parsePort(p.Label(0)); ok {
			return bound(p, 1, n.replicas("127.0.0.1", port))
		}
	}
	return malformed("inet", p, "want a host and a port from 1 to 65535, or a port")
}

// lookupReversed answers for names of the form <port>/<host> (rinet.scala).
func (n *Namer) lookupReversed(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	if p.Len() < 2 {
		return resolve.Const(resolve.NameTree[resolve.Name]{})
	}
	if port, ok := parsePort(p.Label(0)); ok {
		return bound(p, 2, n.replicas(p.Label(1), port))
	}
	return malformed("io.buoyant.rinet", p, "want a port from 1 to 65535, and a host")
}

func malformed(name string, p resolve.Path, reason string) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	return resolve.FailedActivity[resolve.NameTree[resolve.Name]](&resolve.UnknownNamerError{Name: name, Path: p, Reason: reason})
}

// bound answers with a replica set that is named by the first labels of p.
func bound(p resolve.Path, labels int, addr *resolve.Activity[resolve.Replicas]) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	b := &resolve.Bound{ID: p.Take(labels), Addr: addr, Residual: p.Drop(labels)}
	return resolve.Const(resolve.LeafOf(resolve.Name{Bound: b}))
}

func (n *Namer) replicas(host string, port uint16) *resolve.Activity[resolve.Replicas] {
	if ip, ok := hostaddr.ParseIP(host); ok {
		return resolve.Const(replicas(host, port, ip))
	}
	return resolve.NewActivity(func(ctx context.Context, set func(resolve.State[resolve.Replicas])) {
		ctx, enough := context.WithCancel(ctx)
		defer enough()
		var gone trouble.Trouble
		hostaddr.Watch(ctx, n.resolver, host, n.refresh, func(ips []netip.Addr, err error) {
			if len(ips) > 0 {
				n.log.found(host, &gone)
			} else {
				n.log.nowhere(host, err, &gone)
			}
			if err != nil {
				err = fmt.Errorf("inet: look up host %q: %w", host, err)
				set(resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: err})
				return
			}
			found := replicas(host, port, ips...)
			if len(ips) == 0 {
				found.Unresolved = host + ": no such host"
			}
			set(resolve.State[resolve.Replicas]{Status: resolve.OK, Value: found})
			if n.fixed && len(ips) > 0 {
				enough()
			}
		})
	})
}

func replicas(host string, port uint16, ips ...netip.Addr) resolve.Replicas {
	out := resolve.Replicas{Neg: len(ips) == 0}
	for _, ip := range ips {
		out.Addresses = append(out.Addresses, resolve.Address{
			AddrPort: netip.AddrPortFrom(ip, port),
			Host:     host,
			Weight:   1,
		})
	}
	return out
}

func parsePort(s string) (port uint16, ok bool) {
	v, err := strconv.ParseUint(s, 10, 16)
	return uint16(v), err == nil && v > 0
}
