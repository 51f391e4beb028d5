package router_test

import (
	"sync"
	"testing"
	"testing/synctest"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// fresh is a namer as a newcomer writes it: each change of a name gives a new Bound
// with an activity of its own.
type fresh struct {
	mu   sync.Mutex
	vars map[resolve.Path]*resolve.Var[resolve.NameTree[resolve.Name]]
}

func (f *fresh) of(p resolve.Path) *resolve.Var[resolve.NameTree[resolve.Name]] {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.vars == nil {
		f.vars = map[resolve.Path]*resolve.Var[resolve.NameTree[resolve.Name]]{}
	}
	if f.vars[p] == nil {
		f.vars[p] = resolve.NewVar(resolve.State[resolve.NameTree[resolve.Name]]{Status: resolve.OK})
	}
	return f.vars[p]
}

func (f *fresh) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	return f.of(p).Activity()
}

func (f *fresh) add(id resolve.Path, replicas resolve.State[resolve.Replicas]) *resolve.Var[resolve.Replicas] {
	addr := resolve.NewVar(replicas)
	f.of(id).Set(resolve.LeafOf(resolve.Name{Bound: &resolve.Bound{ID: id, Addr: addr.Activity()}}))
	return addr
}

func (f *fresh) remove(id resolve.Path) { f.of(id).Set(resolve.NameTree[resolve.Name]{}) }

func living(addr string) resolve.State[resolve.Replicas] {
	return resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Addresses: []resolve.Address{address(addr, 1)}}}
}

// TestNamesThatMove: a known id that comes with another activity is where that one
// says from then on, whether the name was away meanwhile or not.
func TestNamesThatMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &fresh{}
		f := start(t, func(c *router.Config) { c.Interpreter = names(t, n) })
		defer f.Close()
		web := resolve.MustPath("/web")
		expect := func(about, want string) {
			t.Helper()
			synctest.Wait()
			if got := f.mustAsk(t, request(t, "web")); got != want {
				t.Errorf("%s: requests go to %s, want %s", about, got, want)
			}
		}
		first := n.add(web, living("10.0.0.1:1"))
		expect("at first", "10.0.0.1:1")
		n.remove(web)
		synctest.Wait()
		f.failure(t, request(t, "web"))
		second := n.add(web, living("10.0.0.2:1"))
		expect("it came back", "10.0.0.2:1")
		first.Set(living("10.0.0.9:1").Value)
		expect("what it was is not followed any more", "10.0.0.2:1")
		third := n.add(web, living("10.0.0.3:1"))
		expect("it moved", "10.0.0.3:1")
		second.Set(living("10.0.0.9:1").Value)
		third.Set(living("10.0.0.4:1").Value)
		expect("and moves", "10.0.0.4:1")
		n.add(web, resolve.State[resolve.Replicas]{})
		expect("nobody knows where it is yet", "10.0.0.4:1")
		n.add(web, resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: errTest})
		expect("nobody can tell where it is", "10.0.0.4:1")
		if c := f.ClientStats(); len(c) != 1 {
			t.Errorf("%d clients for one set", len(c))
		}
	})
}
