package k8s

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/meshhop/meshhop/internal/k8sname"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/inet"
)

// Config of a [Namer].
type Config struct {
	// Client reads from the API server. Namers with the same Client share watches.
	// Default: one of the namer's own with the zero ClientConfig, which Close closes.
	Client *Client
	// Namespace, if set, is the namespace of all names, which then begin with the port:
	// io.l5d.k8s.ns.
	Namespace string
	// LabelSelector, if set, is the key of a label whose value is the last
	// segment of a name. Only Services with that label are found.
	LabelSelector string
	// External makes the namer io.l5d.k8s.external: it answers with the load
	// balancers of Services, which are outside of the cluster, at the Service's own
	// port. A Service that has no load balancer, or none with an address yet, is
	// Neg, and so is a port that it does not have. A port may be given by number
	// too. Of several addresses all are used, where Linkerd uses the last one. A host
	// name counts only without an IP beside it, and is looked up repeatedly.
	External bool
	// Resolver looks up load balancers that are known by a host name. Default:
	// [net.DefaultResolver].
	Resolver resolve.Resolver
}

// Namer answers with the pods of Services, or with their load balancers.
type Namer struct {
	client    *Client
	own       bool // the client is closed with it
	namespace string
	selector  string

	hosts *inet.Namer // of load balancers; nil: it answers with pods

	mu   sync.Mutex
	used map[used]int // what is observed through this namer
}

// used is what a name reads: of a port by number the Service too.
type used struct {
	of
	number bool
}

// New makes a Namer.
func New(c Config) (*Namer, error) {
	n := &Namer{client: c.Client, namespace: c.Namespace, selector: c.LabelSelector, used: make(map[used]int)}
	switch {
	case c.Namespace != "" && !k8sname.IsLabel(c.Namespace):
		return nil, fmt.Errorf("k8s: %q is not a valid namespace", c.Namespace)
	case c.LabelSelector != "" && !k8sname.IsLabelKey(c.LabelSelector):
		return nil, fmt.Errorf("k8s: label selector %q is not a valid key of a label", c.LabelSelector)
	case n.client == nil:
		client, err := NewClient(ClientConfig{})
		if err != nil {
			return nil, err
		}
		n.client, n.own = client, true
	}
	if !c.External {
		return n, nil
	}
	var err error
	if n.hosts, err = inet.New(inet.Config{Resolver: c.Resolver}); err != nil {
		return nil, fmt.Errorf("k8s: %w", err)
	}
	return n, nil
}

// Close closes the client, if it is the namer's own.
func (n *Namer) Close() error {
	if !n.own {
		return nil
	}
	return n.client.Close()
}

type tree = resolve.NameTree[resolve.Name]

// Lookup implements [resolve.Namer]. The API is asked only while the answer is
// observed.
func (n *Namer) Lookup(p resolve.Path) *resolve.Activity[tree] {
	name, ok := parse(p, n.namespace, n.selector)
	if !ok {
		return resolve.Const(tree{})
	}
	if n.hosts != nil {
		return n.external(p, name)
	}
	answers := use(n, name, n.client.answers(name))
	b := &resolve.Bound{ID: name.id, Addr: replicas(answers), Residual: p.Drop(name.labels)}
	return existence(b, answers)
}

// use counts the observers of each of the namer's activities.
func use[T any](n *Namer, name name, a *resolve.Activity[T]) *resolve.Activity[T] {
	key := used{name.of, name.number != 0}
	return resolve.SourceActivity(func(set func(resolve.State[T])) func() {
		n.mu.Lock()
		n.used[key]++
		n.mu.Unlock()
		stop := a.Observe(set)
		return func() {
			stop()
			n.mu.Lock()
			defer n.mu.Unlock()
			if n.used[key]--; n.used[key] == 0 {
				delete(n.used, key)
			}
		}
	})
}

// existence is a replica set while the name exists. A change of its addresses does not
// change it.
func existence(b *resolve.Bound, answers *resolve.Activity[answer]) *resolve.Activity[tree] {
	leaf := resolve.LeafOf(resolve.Name{Bound: b})
	return follow(answers, func(s resolve.State[answer]) resolve.State[tree] {
		out := resolve.State[tree]{Status: s.Status, Err: s.Err, Since: s.Since}
		if s.Status == resolve.OK && s.Value.exists {
			out.Value = leaf
		}
		return out
	}, func(a, b resolve.State[tree]) bool { return a.Value.Op == b.Value.Op })
}

var errGone = errors.New("k8s: the Service or port no longer exists")

// replicas are the addresses. When the name disappears the set becomes Failed and not
// empty, so that requests that are already bound to it keep the last good addresses.
func replicas(answers *resolve.Activity[answer]) *resolve.Activity[resolve.Replicas] {
	return follow(answers, func(s resolve.State[answer]) resolve.State[resolve.Replicas] {
		out := resolve.State[resolve.Replicas]{Status: s.Status, Err: s.Err, Since: s.Since}
		switch {
		case s.Status != resolve.OK:
		case s.Value.exists:
			out.Value.Addresses = s.Value.addresses
		default:
			out.Status, out.Err = resolve.Failed, errGone
		}
		return out
	}, func(a, b resolve.State[resolve.Replicas]) bool {
		return slices.Equal(a.Value.Addresses, b.Value.Addresses)
	})
}

// follow is a view of an activity that skips a value that is the same as the previous
// one.
func follow[T, U any](a *resolve.Activity[T], view func(resolve.State[T]) resolve.State[U], same func(a, b resolve.State[U]) bool) *resolve.Activity[U] {
	return resolve.SourceActivity(func(set func(resolve.State[U])) func() {
		var last resolve.State[U]
		return a.Observe(func(s resolve.State[T]) {
			now := view(s)
			if now.Status == resolve.OK && last.Status == resolve.OK && same(now, last) {
				return
			}
			last = now
			set(now)
		})
	})
}
