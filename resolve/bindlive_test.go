package resolve_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/worlds"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
)

func TestABindingFollowsItsNamers(t *testing.T) {
	in, n := scene(t, resolve.Config{})
	a := in.Bind(resolve.MustDtab("/s=>/#/n/new/a | /#/n/ok | /#/n/blah"), resolve.MustPath("/s"))
	var got []string
	stop := a.Observe(func(s resolve.State[boundTree]) { got = append(got, worlds.ShowState(s)) })
	n.Bind("/new/a", "127.0.0.1:1")  // first
	n.Bind("/new/a", "127.0.0.1:2")  // the same set
	n.Bind("/blah", "127.0.0.1:3")   // not in use
	n.Fail("/new", worlds.ErrBroken) // shadowed
	n.Remove("/new/a")
	n.Stall("/new")
	n.Remove("/new")
	n.Remove("/ok")
	stop()
	n.Bind("/ok")
	want := []string{"/#/n/ok", "/#/n/new/a", "failed: broken", "pending", "/#/n/ok", "/#/n/blah"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// counting knows which names of a namer are observed.
type counting struct {
	resolve.Namer
	mu  sync.Mutex
	now map[string]int
}

func (c *counting) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	return resolve.NewActivity(func(ctx context.Context, set func(resolve.State[resolve.NameTree[resolve.Name]])) {
		c.add(p, 1)
		defer c.add(p, -1)
		defer c.Namer.Lookup(p).Observe(set)()
		<-ctx.Done()
	})
}

func (c *counting) add(p resolve.Path, delta int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now[p.String()] += delta; c.now[p.String()] == 0 {
		delete(c.now, p.String())
	}
}

func TestABindingHoldsOnlyWhatItUses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n resolvetest.Namer
		c := &counting{Namer: &n, now: make(map[string]int)}
		in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/n"), Namer: c}}})
		if err != nil {
			t.Fatal(err)
		}
		holds := func(want map[string]int) {
			t.Helper()
			synctest.Wait()
			if diff := cmp.Diff(want, c.now); diff != "" {
				t.Error(diff)
			}
		}
		a := in.Bind(resolve.MustDtab("/s=>/#/n/a | /#/n/b | /#/n/c"), resolve.MustPath("/s"))
		holds(map[string]int{})
		stop := a.Observe(func(resolve.State[boundTree]) {})
		holds(map[string]int{"/a": 1, "/b": 1, "/c": 1})
		n.Bind("/b")
		holds(map[string]int{"/a": 1, "/b": 1})
		n.Bind("/a")
		holds(map[string]int{"/a": 1})
		n.Remove("/a")
		holds(map[string]int{"/a": 1, "/b": 1})
		stop()
		holds(map[string]int{})
	})
}

// Many bindings come and go while the names under them change.
func TestBindingUnderChurn(t *testing.T) {
	in, n := scene(t, resolve.Config{})
	d := resolve.MustDtab("/s=>/#/n/a | 0.5*/#/n/b & /#/n/c | /#/n/ok")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 100 {
				name := []string{"/a", "/b", "/c"}[i%3]
				n.Bind(name, "127.0.0.1:80")
				n.Stall(name)
				n.Remove(name)
			}
		})
		wg.Go(func() {
			for range 100 {
				a := in.Bind(d, resolve.MustPath("/s"))
				stop := a.Observe(func(resolve.State[boundTree]) {})
				_ = a.Sample()
				stop()
			}
		})
	}
	whole := in.Bind(d, resolve.MustPath("/s"))
	stop := whole.Observe(func(resolve.State[boundTree]) {})
	wg.Wait()
	if got := worlds.ShowState(whole.Sample()); got != "/#/n/ok" {
		t.Errorf("after all changes it is %s", got)
	}
	stop()
}

// What a request does to a name that is bound.
func TestABoundNameIsSampledForNothing(t *testing.T) {
	in, _ := scene(t, resolve.Config{})
	a := in.Bind(resolve.MustDtab("/svc=>/s;/s=>/#/n/missing | /#/n/ok"), resolve.MustPath("/svc"))
	defer a.Observe(func(resolve.State[boundTree]) {})()
	if n := testing.AllocsPerRun(100, func() {
		if a.Sample().Value.Op != resolve.Leaf {
			t.Fatal("it is not bound")
		}
	}); n != 0 {
		t.Errorf("it allocates %v times", n)
	}
}

// meddler is a namer that does something when it is asked.
type meddler func(resolve.Path)

func (m meddler) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	m(p)
	return resolve.Const(resolve.NameTree[resolve.Name]{})
}

// An answer that changes when it has been used, before the name is known, is
// seen.
func TestAChangeWhileANameIsFollowed(t *testing.T) {
	var n resolvetest.Namer
	in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{
		{Prefix: resolve.MustPath("/#/n"), Namer: &n},
		{Prefix: resolve.MustPath("/#/meddler"), Namer: meddler(func(resolve.Path) { n.Bind("/a", "127.0.0.1:80") })},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := worlds.BindNow(in, "/s=>/#/n/a | /#/meddler/x", "/s"); got != "/#/n/a" {
		t.Errorf("got %s", got)
	}
}

// However often an answer changes while the name is followed, the last one is seen.
func TestChangesInEachRound(t *testing.T) {
	var n resolvetest.Namer
	in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{
		{Prefix: resolve.MustPath("/#/n"), Namer: &n},
		{Prefix: resolve.MustPath("/#/meddler"), Namer: meddler(func(p resolve.Path) {
			switch p.Label(0) {
			case "a":
				n.Set("/a", "/#/n/b | /#/meddler/b")
			case "b":
				n.Set("/b", "/#/n/c | /#/meddler/c")
			case "c":
				n.Bind("/c", "127.0.0.1:80")
			}
		})},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got := worlds.BindNow(in, "/s=>/#/n/a | /#/meddler/a", "/s"); got != "/#/n/c" {
		t.Errorf("got %s", got)
	}
}
