package dnssrv

import (
	"strings"

	"github.com/meshhop/meshhop/internal/hostaddr"
	"github.com/meshhop/meshhop/resolve"
)

type tree = resolve.NameTree[resolve.Name]

// Lookup implements [resolve.Namer]. DNS is asked only while the answer is
// observed.
func (n *Namer) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	if p.IsEmpty() || !hostaddr.IsDomain(p.Label(0)) {
		return resolve.Const(tree{})
	}
	name := strings.ToLower(p.Label(0))
	b := &resolve.Bound{ID: p.Take(1), Addr: n.replicas(name), Residual: p.Drop(1)}
	leaf := resolve.LeafOf(resolve.Name{Bound: b})
	return follow(n, name, func(s resolve.State[*found]) resolve.State[tree] {
		out := resolve.State[tree]{Status: s.Status, Err: s.Err}
		if s.Status == resolve.OK && s.Value.exists() {
			out.Value = leaf
		}
		return out
	}, func(a, b resolve.State[tree]) bool { return a.Value.Op == b.Value.Op })
}

// replicas are the addresses of a name. When the name disappears the set becomes
// Failed and not empty, so that requests that are already bound to it keep the last
// good addresses.
func (n *Namer) replicas(name string) *resolve.Activity[resolve.Replicas] {
	return follow(n, name, func(s resolve.State[*found]) resolve.State[resolve.Replicas] {
		out := resolve.State[resolve.Replicas]{Status: s.Status, Err: s.Err}
		switch {
		case s.Status != resolve.OK:
		case s.Value.exists():
			out.Value.Addresses, out.Value.Unresolved = s.Value.addresses, s.Value.lacking
		default:
			out.Status, out.Err = resolve.Failed, &notFoundError{name, s.Value.lacking}
		}
		return out
	}, func(a, b resolve.State[resolve.Replicas]) bool { return false })
}

// notFoundError says that a name has no SRV records, or none with an address.
type notFoundError struct{ name, lacking string }

func (e *notFoundError) Error() string {
	if e.lacking == "" {
		return "dnssrv: " + e.name + " has no SRV records"
	}
	return "dnssrv: " + e.name + " has no addresses: " + e.lacking
}

// follow is the watch of a name as seen by one observer. It skips a state that is the same
// as the previous one.
func follow[T any](n *Namer, name string, view func(resolve.State[*found]) resolve.State[T], same func(a, b resolve.State[T]) bool) *resolve.Activity[T] {
	return resolve.SourceActivity(func(set func(resolve.State[T])) func() {
		w, ok := n.take(name)
		if !ok {
			set(resolve.State[T]{Status: resolve.Failed, Err: errClosed})
			return func() {}
		}
		var last resolve.State[T]
		stop := w.state.Activity().Observe(func(s resolve.State[*found]) {
			now := view(s)
			if now.Status == resolve.OK && last.Status == resolve.OK && same(now, last) {
				return
			}
			last = now
			set(now)
		})
		return func() {
			stop()
			n.drop(w)
		}
	})
}
