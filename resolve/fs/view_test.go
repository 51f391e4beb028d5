package fs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/logtest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/fs"
)

// dir is a directory of names and a namer that watches it.
type dir struct {
	*fs.Namer
	t    testing.TB
	path string
}

func newDir(t testing.TB, c fs.Config) dir {
	t.Helper()
	d := dir{t: t, path: t.TempDir()}
	c.RootDir = d.path
	if c.ErrorLog == nil {
		c.ErrorLog = logtest.ErrorsTo(func(err error) {
			if !strings.HasPrefix(err.Error(), "fs: file of ") { // of hosts: TestHostsWithoutAddresses
				t.Error(err)
			}
		})
	}
	var err error
	if d.Namer, err = fs.New(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d dir) do(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d dir) in(name string) string { return filepath.Join(d.path, name) }

func (d dir) write(name, text string) {
	d.t.Helper()
	d.do(os.WriteFile(d.in(name), []byte(text), 0o644))
}
func (d dir) mkdir(name string)      { d.t.Helper(); d.do(os.MkdirAll(d.in(name), 0o755)) }
func (d dir) remove(name string)     { d.t.Helper(); d.do(os.RemoveAll(d.in(name))) }
func (d dir) rename(from, to string) { d.t.Helper(); d.do(os.Rename(d.in(from), d.in(to))) }
func (d dir) link(target, name string) {
	d.t.Helper()
	d.do(os.Symlink(target, d.in(name)))
}

// view is what an observer of a name and of its replicas sees.
type view struct {
	t       testing.TB
	changed chan struct{}

	mu   sync.Mutex
	tree string
	addr string
	past []string // addresses that were seen
	stop func()   // observing the replicas
}

func (v *view) addresses() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.past
}

// look observes a name, and the replicas of what it is bound to.
func look(t testing.TB, n resolve.Namer, name string) *view {
	v := &view{t: t, changed: make(chan struct{}, 1), stop: func() {}}
	stop := n.Lookup(resolve.MustPath(name)).Observe(func(s resolve.State[resolve.NameTree[resolve.Name]]) {
		text := s.Status.String()
		switch {
		case s.Status == resolve.Failed:
			text = s.Err.Error()
		case s.Status == resolve.OK && s.Value.Op != resolve.Leaf:
			text = s.Value.Op.String()
		case s.Status == resolve.OK:
			b := s.Value.Leaf.Bound
			text = b.ID.String() + " " + b.Residual.String()
			v.mu.Lock()
			old := v.stop
			v.mu.Unlock()
			stop := b.Addr.Observe(func(s resolve.State[resolve.Replicas]) { v.set(nil, showReplicas(s)) })
			old()
			v.mu.Lock()
			v.stop = stop
			v.mu.Unlock()
		}
		v.set(&text, "")
	})
	t.Cleanup(func() {
		stop()
		v.mu.Lock()
		defer v.mu.Unlock()
		v.stop()
	})
	return v
}

func (v *view) set(tree *string, addr string) {
	v.mu.Lock()
	if tree != nil {
		v.tree = *tree
	} else {
		v.addr = addr
		v.past = append(v.past, addr)
	}
	v.mu.Unlock()
	select {
	case v.changed <- struct{}{}:
	default:
	}
}

func showReplicas(s resolve.State[resolve.Replicas]) string {
	switch {
	case s.Status == resolve.Failed:
		return s.Err.Error()
	case s.Status == resolve.Pending:
		return "pending"
	}
	text := ""
	for _, a := range s.Value.Addresses {
		text += fmt.Sprintf("%s*%v ", a.AddrPort, a.Weight)
	}
	return strings.TrimSuffix(text, " ")
}

// await waits until the name has become want; replicas counts when not "*".
func (v *view) await(tree, replicas string) {
	v.t.Helper()
	late := time.After(10 * time.Second)
	for {
		v.mu.Lock()
		gotTree, gotAddr := v.tree, v.addr
		v.mu.Unlock()
		if gotTree == tree && (replicas == "*" || gotAddr == replicas) {
			return
		}
		select {
		case <-v.changed:
		case <-late:
			v.t.Fatalf("it is %q with %q, want %q with %q", gotTree, gotAddr, tree, replicas)
		}
	}
}
