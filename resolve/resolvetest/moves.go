package resolvetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/resolve"
)

// checkMoves binds a name as a router does, which keeps to where the addresses
// of a set come from until it hears of something else.
func checkMoves(t *testing.T, s Subject) {
	if s.Move == nil {
		t.Skip("addresses do not change")
	}
	in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/subject"), Namer: s.Namer}}})
	if err != nil {
		t.Fatal(err)
	}
	f := new(follower)
	defer f.end()
	defer in.Bind(nil, resolve.MustPath("/#/subject").Append(s.Missing)).Observe(f.bound)()
	s.Add()
	first := f.await(t, "added", "")
	s.Move()
	other := f.await(t, "moved", first)
	s.Add()
	f.await(t, "moved back", other)
	s.Remove()
	s.Move()
	f.await(t, "removed and added with other addresses", first)
	s.Remove()
	s.Add()
	f.await(t, "removed and added with the first addresses", other)
}

// follower keeps the addresses of the replica set that a name is bound to.
type follower struct {
	mu    sync.Mutex
	addr  *resolve.Activity[resolve.Replicas]
	stop  func()
	shown string // the last good ones
}

func (f *follower) bound(s resolve.State[resolve.NameTree[*resolve.Bound]]) {
	if s.Status != resolve.OK || s.Value.Op != resolve.Leaf {
		return
	}
	addr := s.Value.Leaf.Addr
	f.mu.Lock()
	again := f.addr == addr
	f.addr = addr
	f.mu.Unlock()
	if again {
		return
	}
	stop := addr.Observe(func(s resolve.State[resolve.Replicas]) { f.replicas(addr, s) })
	f.mu.Lock()
	stop, f.stop = f.stop, stop
	f.mu.Unlock()
	if stop != nil {
		stop()
	}
}

func (f *follower) replicas(of *resolve.Activity[resolve.Replicas], s resolve.State[resolve.Replicas]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.addr == of && s.Status == resolve.OK && len(s.Value.Addresses) > 0 {
		f.shown = fmt.Sprint(s.Value.Addresses)
	}
}

// await waits for addresses other than these.
func (f *follower) await(t *testing.T, what, before string) string {
	t.Helper()
	for late := time.Now().Add(patience); time.Now().Before(late); time.Sleep(time.Millisecond) {
		f.mu.Lock()
		shown := f.shown
		f.mu.Unlock()
		if shown != before {
			return shown
		}
	}
	t.Fatalf("the name was %s, and who uses it still has the addresses %q", what, before)
	return ""
}

// end is called when nobody calls bound any more.
func (f *follower) end() {
	if f.stop != nil {
		f.stop()
	}
}
