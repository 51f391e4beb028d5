package k8s

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s/internal/api"
)

// external looks a name up whose meaning is the load balancers of Services, which are
// outside of the cluster (ServiceNamer.scala).
func (n *Namer) external(p resolve.Path, name name) *resolve.Activity[tree] {
	found := use(n, name, resolve.MapActivity(n.client.service(name.of), func(s api.Snapshot[*service]) balancers {
		return balancersOf(s.Items, name)
	}))
	b := &resolve.Bound{ID: p.Take(name.labels), Residual: p.Drop(name.labels)}
	b.Addr = resolve.FlatMapActivity(distinct(found), n.balanced)
	return existence(b, resolve.MapActivity(found, func(f balancers) answer { return answer{exists: !f.none()} }))
}

// balancers are where a Service can be reached from outside.
type balancers struct {
	port  uint16
	ips   []netip.Addr
	hosts []string
}

func (b balancers) none() bool { return len(b.ips)+len(b.hosts) == 0 }

// balancersOf finds them, in order.
func balancersOf(found []*service, n name) balancers {
	var b balancers
	for _, s := range found {
		i := slices.IndexFunc(s.Spec.Ports, func(p servicePort) bool {
			return isTCP(p.Protocol) && p.Port > 0 && p.Port < 1<<16 && (n.number == 0 && p.Name == n.port || n.number != 0 && p.Port == int(n.number))
		})
		if i < 0 {
			continue
		}
		b.port = uint16(s.Spec.Ports[i].Port)
		for _, at := range s.Status.LoadBalancer.Ingress {
			if ip, err := netip.ParseAddr(at.IP); err == nil {
				b.ips = append(b.ips, ip.Unmap())
			} else if at.Hostname != "" {
				b.hosts = append(b.hosts, at.Hostname)
			}
		}
	}
	slices.SortFunc(b.ips, netip.Addr.Compare)
	slices.SortFunc(b.hosts, cmp.Compare[string])
	b.ips, b.hosts = slices.Compact(b.ips), slices.Compact(b.hosts)
	return b
}

// distinct passes over what is as before: host names would be looked up anew.
func distinct(a *resolve.Activity[balancers]) *resolve.Activity[balancers] {
	return follow(a, func(s resolve.State[balancers]) resolve.State[balancers] { return s },
		func(a, b resolve.State[balancers]) bool {
			x, y := a.Value, b.Value
			return x.port == y.port && slices.Equal(x.ips, y.ips) && slices.Equal(x.hosts, y.hosts)
		})
}

// balanced are the addresses of balancers.
func (n *Namer) balanced(b balancers) *resolve.Activity[resolve.Replicas] {
	if b.none() {
		return resolve.FailedActivity[resolve.Replicas](errGone)
	}
	fixed := resolve.Replicas{}
	for _, ip := range b.ips {
		fixed.Addresses = append(fixed.Addresses, resolve.Address{AddrPort: netip.AddrPortFrom(ip, b.port), Weight: 1})
	}
	if len(b.hosts) == 0 {
		return resolve.Const(fixed)
	}
	return resolve.SourceActivity(func(set func(resolve.State[resolve.Replicas])) func() {
		u := &union{fixed: fixed, states: make([]resolve.State[resolve.Replicas], len(b.hosts)), set: set}
		var stops []func()
		for i, host := range b.hosts {
			stops = append(stops, n.host(host, b.port).Observe(func(s resolve.State[resolve.Replicas]) { u.take(i, s) }))
		}
		return func() {
			for _, stop := range stops {
				stop()
			}
		}
	})
}

// host is the addresses of one host.
func (n *Namer) host(host string, port uint16) *resolve.Activity[resolve.Replicas] {
	found := n.hosts.Lookup(resolve.Path{}.AppendLabel(host).AppendLabel(strconv.Itoa(int(port))))
	return resolve.FlatMapActivity(found, func(t tree) *resolve.Activity[resolve.Replicas] {
		if t.Op != resolve.Leaf || t.Leaf.Bound == nil {
			return resolve.FailedActivity[resolve.Replicas](&net.AddrError{Err: "cannot be a host", Addr: host})
		}
		return t.Leaf.Bound.Addr
	})
}

// union joins the addresses of hosts, when all of them are known.
type union struct {
	fixed resolve.Replicas
	set   func(resolve.State[resolve.Replicas])

	mu     sync.Mutex
	states []resolve.State[resolve.Replicas]
}

func (u *union) take(i int, s resolve.State[resolve.Replicas]) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if s.Status == resolve.Failed && u.states[i].Status == resolve.OK {
		return // the last good ones
	}
	u.states[i] = s
	out := resolve.Replicas{Addresses: slices.Clone(u.fixed.Addresses)}
	var failed error
	for _, s := range u.states {
		switch s.Status {
		case resolve.Pending:
			return
		case resolve.Failed:
			failed = s.Err
		default:
			out.Addresses = append(out.Addresses, s.Value.Addresses...)
			if out.Unresolved == "" {
				out.Unresolved = s.Value.Unresolved
			}
		}
	}
	if failed != nil && len(out.Addresses) == 0 {
		u.set(resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: failed})
		return
	}
	u.set(resolve.State[resolve.Replicas]{Status: resolve.OK, Value: out})
}
