package resolvetest

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"

	"github.com/meshhop/meshhop/resolve"
)

// Namer is a [resolve.Namer] that a test sets by hand. It answers a name by
// its longest prefix that has been set, and Neg if there is none. Its methods
// panic on text that is not a path or an address, and return when those who
// observe have seen the change; they must not be called by an observer.
type Namer struct {
	change sync.Mutex // held during a change, so that changes arrive in order

	mu      sync.Mutex
	entries map[resolve.Path]*entry
	asked   map[resolve.Path]*resolve.Var[tree]             // names that were looked up
	sets    map[resolve.Path]*resolve.Var[resolve.Replicas] // every replica set ever bound: same ID, same set
	hosts   map[string]netip.Addr
}

type tree = resolve.NameTree[resolve.Name]

// entry is what is set at one name: a replica set, or another answer.
type entry struct {
	replicas *resolve.Var[resolve.Replicas]
	state    resolve.State[tree] // if replicas is nil
}

// Lookup implements [resolve.Namer].
func (n *Namer) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	n.mu.Lock()
	defer n.mu.Unlock()
	v := n.asked[p]
	if v == nil {
		v = resolve.NewVar(n.answer(p))
		if n.asked == nil {
			n.asked = make(map[resolve.Path]*resolve.Var[tree])
		}
		n.asked[p] = v
	}
	return v.Activity()
}

// Bind makes path a replica set with these addresses, each an "ip:port" or a
// "host:port"; a host is given an IP out of 192.0.2.0/24.
func (n *Namer) Bind(path string, addrs ...string) {
	var r resolve.Replicas
	for _, a := range addrs {
		r.Addresses = append(r.Addresses, n.address(a))
	}
	n.SetReplicas(path, resolve.State[resolve.Replicas]{Status: resolve.OK, Value: r})
}

// SetReplicas makes path a replica set in any state, such as pending or with
// weights.
func (n *Namer) SetReplicas(path string, s resolve.State[resolve.Replicas]) {
	p := resolve.MustPath(path)
	n.change.Lock()
	defer n.change.Unlock()
	n.mu.Lock()
	replicas := n.sets[p]
	if replicas == nil {
		if n.sets == nil {
			n.sets = make(map[resolve.Path]*resolve.Var[resolve.Replicas])
		}
		replicas = resolve.NewVar(s)
		n.sets[p] = replicas
	}
	e := n.entries[p]
	n.mu.Unlock()
	replicas.SetState(s)
	if e == nil || e.replicas == nil {
		n.set(p, &entry{replicas: replicas})
	}
}

// Set makes t, with names to be looked up, the answer for path. What follows
// path in a name is appended to each of them.
func (n *Namer) Set(path, t string) {
	parsed, err := resolve.ParseTree(t)
	if err != nil {
		panic(fmt.Sprintf("resolvetest: tree %q: %v", t, err))
	}
	names := resolve.MapTree(parsed, func(p resolve.Path) resolve.Name { return resolve.Name{Path: p} })
	n.setState(path, resolve.State[tree]{Status: resolve.OK, Value: names})
}

// Fail makes looking up path fail.
func (n *Namer) Fail(path string, err error) {
	n.setState(path, resolve.State[tree]{Status: resolve.Failed, Err: err})
}

// Stall makes looking up path take for ever.
func (n *Namer) Stall(path string) { n.setState(path, resolve.State[tree]{}) }

// Remove forgets path.
func (n *Namer) Remove(path string) {
	n.change.Lock()
	defer n.change.Unlock()
	n.set(resolve.MustPath(path), nil)
}

func (n *Namer) setState(path string, s resolve.State[tree]) {
	n.change.Lock()
	defer n.change.Unlock()
	n.set(resolve.MustPath(path), &entry{state: s})
}

// set is called with the change lock and tells those who asked for p or a name
// below it.
func (n *Namer) set(p resolve.Path, e *entry) {
	type news struct {
		to    *resolve.Var[tree]
		state resolve.State[tree]
	}
	var all []news
	n.mu.Lock()
	if n.entries == nil {
		n.entries = make(map[resolve.Path]*entry)
	}
	if e == nil {
		delete(n.entries, p)
	} else {
		n.entries[p] = e
	}
	for asked, v := range n.asked {
		if asked.HasPrefix(p) {
			all = append(all, news{v, n.answer(asked)})
		}
	}
	n.mu.Unlock()
	for _, x := range all {
		x.to.SetState(x.state)
	}
}

// answer is called with the lock.
func (n *Namer) answer(p resolve.Path) resolve.State[tree] {
	for i := p.Len(); i >= 0; i-- {
		e := n.entries[p.Take(i)]
		switch {
		case e == nil:
			continue
		case e.replicas != nil:
			b := &resolve.Bound{ID: p.Take(i), Addr: e.replicas.Activity(), Residual: p.Drop(i)}
			return resolve.State[tree]{Status: resolve.OK, Value: resolve.LeafOf(resolve.Name{Bound: b})}
		}
		s := e.state
		s.Value = resolve.MapTree(s.Value, func(x resolve.Name) resolve.Name {
			return resolve.Name{Path: x.Path.Append(p.Drop(i))}
		})
		return s
	}
	return resolve.State[tree]{Status: resolve.OK}
}

// address makes "host:port" an address; the same host is always the same IP.
func (n *Namer) address(s string) resolve.Address {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return resolve.Address{AddrPort: ap, Weight: 1}
	}
	host, port, ok := strings.Cut(s, ":")
	number, err := strconv.ParseUint(port, 10, 16)
	if !ok || err != nil || host == "" {
		panic(fmt.Sprintf("resolvetest: %q is not host:port", s))
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	ip, ok := n.hosts[host]
	if !ok {
		if n.hosts == nil {
			n.hosts = make(map[string]netip.Addr)
		}
		ip = netip.AddrFrom4([4]byte{192, 0, 2, byte(len(n.hosts) + 1)})
		n.hosts[host] = ip
	}
	return resolve.Address{AddrPort: netip.AddrPortFrom(ip, uint16(number)), Host: host, Weight: 1}
}
