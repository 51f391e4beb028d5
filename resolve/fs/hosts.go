package fs

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"github.com/meshhop/meshhop/internal/hostaddr"
	"github.com/meshhop/meshhop/internal/trouble"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/internal/unresolved"
)

// hosts turns the lines of one file into addresses and looks up the host names
// among them.
type hosts struct {
	ctx context.Context
	n   *Namer
	id  resolve.Path // the name of the file
	set func(resolve.State[resolve.Replicas])

	work  sync.WaitGroup
	slots chan struct{} // bounds the look-ups under way

	mu    sync.Mutex
	valid bool // the file could be read: lines are what it says
	lines []line
	names map[string]*host
	last  *resolve.Replicas // as published, nil if that was not OK
}

// host is one host name of the file.
type host struct {
	cancel context.CancelFunc
	known  bool
	ips    []netip.Addr // the last good ones
	err    error

	gone trouble.Trouble // it has no addresses
}

// lookupsAtOnce is how many hosts of one file are looked up at a time.
const lookupsAtOnce = 8

func newHosts(ctx context.Context, n *Namer, id resolve.Path, set func(resolve.State[resolve.Replicas])) *hosts {
	return &hosts{ctx: ctx, n: n, id: id, set: set, slots: make(chan struct{}, lookupsAtOnce), names: make(map[string]*host)}
}

// update sets the current content of the file.
func (h *hosts) update(c content) {
	h.mu.Lock()
	defer h.mu.Unlock()
	lines, err := []line(nil), error(nil)
	if c.err != "" {
		err = errors.New(c.err)
	} else {
		lines, err = parse(c.text)
	}
	if err == nil {
		err = h.watch(lines)
	}
	h.valid, h.lines = err == nil, lines
	if err != nil {
		h.last = nil
		h.set(resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: err})
		return
	}
	h.publish()
}

// watch looks up the host names in lines, and stops looking up those that are no longer
// there.
func (h *hosts) watch(lines []line) error {
	want := make(map[string]bool)
	for _, l := range lines {
		if _, ok := hostaddr.ParseIP(l.host); !ok {
			want[l.host] = true
		}
	}
	if len(want) > maxHosts {
		return fmt.Errorf("fs: the file has %d host names; the limit is %d", len(want), maxHosts)
	}
	for name, x := range h.names {
		if !want[name] {
			x.cancel()
			delete(h.names, name)
		}
	}
	for name := range want {
		if h.names[name] == nil {
			ctx, cancel := context.WithCancel(h.ctx)
			x := &host{cancel: cancel}
			h.names[name] = x
			h.work.Go(func() {
				defer cancel()
				hostaddr.Watch(ctx, h, name, h.n.refresh, func(ips []netip.Addr, err error) { h.found(name, x, ips, err) })
			})
		}
	}
	return nil
}

// LookupNetIP is the namer's resolver, a few hosts at a time.
func (h *hosts) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return h.n.resolver.LookupNetIP(ctx, network, host)
}

func (h *hosts) found(name string, x *host, ips []netip.Addr, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	x.known, x.err = true, err
	if err == nil {
		x.ips = ips
	}
	if len(ips) > 0 {
		if times, lasted, ok := x.gone.Over(); ok {
			h.n.errorLog.Info("a host has addresses again", "of", h.n.what, "host", name, "times", times, "after", lasted)
		}
	} else if times, ok := x.gone.Happened(1); ok {
		h.n.errorLog.Warn("looking up hosts", "of", h.n.what, "error", fmt.Errorf("fs: file of %s: %s", h.id, unresolved.Why(name, err)), "times", times)
	}
	h.publish()
}

// publish sets the addresses once every host is known. A host that does not exist has
// none; one that cannot be looked up keeps its previous ones. It is called with the lock
// held.
func (h *hosts) publish() {
	if !h.valid {
		return
	}
	out := resolve.Replicas{}
	seen := make(map[resolve.Address]bool)
	var failed error
	var lacks unresolved.Hosts
	for _, l := range h.lines {
		var ips []netip.Addr
		if ip, ok := hostaddr.ParseIP(l.host); ok {
			ips = []netip.Addr{ip}
		} else {
			x := h.names[l.host]
			if !x.known {
				return
			}
			if x.err != nil && len(x.ips) == 0 {
				failed = fmt.Errorf("fs: look up host %q: %w", l.host, x.err)
			}
			ips = x.ips
			if len(ips) == 0 {
				lacks.Add(l.host, x.err)
			}
		}
		for _, ip := range ips {
			a := resolve.Address{AddrPort: netip.AddrPortFrom(ip, l.port), Host: l.host, Weight: l.weight}
			if !seen[a] {
				seen[a] = true
				out.Addresses = append(out.Addresses, a)
			}
		}
	}
	if failed != nil && len(out.Addresses) == 0 {
		h.last = nil
		h.set(resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: failed})
		return
	}
	out.Unresolved = lacks.String()
	if h.last == nil || !slices.Equal(h.last.Addresses, out.Addresses) || h.last.Unresolved != out.Unresolved {
		h.last = &out
		h.set(resolve.State[resolve.Replicas]{Status: resolve.OK, Value: out})
	}
}
