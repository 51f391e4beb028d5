package fs

import (
	"context"
	"fmt"
	iofs "io/fs"
	"os"
	"path"

	"github.com/meshhop/meshhop/resolve"
)

// kind is what is at the place of an entry.
type kind uint8

const (
	nothing kind = iota
	file
	directory
)

// entry is one path below the root and what is there now, for all names that begin with
// it.
type entry struct {
	act  *resolve.Activity[kind]
	refs int
}

// entry is what is at a path. All its observers share one watch.
func (n *Namer) entry(at resolve.Path) *resolve.Activity[kind] {
	return resolve.SourceActivity(func(set func(resolve.State[kind])) func() {
		if n.ctx.Err() != nil {
			set(resolve.State[kind]{Status: resolve.Failed, Err: errClosed{n.dir}})
			return func() {}
		}
		act := n.take(at)
		stop := act.Observe(set)
		return func() {
			stop()
			n.drop(at)
		}
	})
}

func (n *Namer) take(at resolve.Path) *resolve.Activity[kind] {
	n.entryMu.Lock()
	defer n.entryMu.Unlock()
	e := n.entries[at]
	if e == nil {
		e = &entry{act: n.watchEntry(path.Join(at.Labels()...), at)}
		n.entries[at] = e
	}
	e.refs++
	return e.act
}

func (n *Namer) drop(at resolve.Path) {
	n.entryMu.Lock()
	defer n.entryMu.Unlock()
	if e := n.entries[at]; e.refs == 1 {
		delete(n.entries, at)
	} else {
		e.refs--
	}
}

// watchEntry keeps looking at what is at a path.
func (n *Namer) watchEntry(name string, at resolve.Path) *resolve.Activity[kind] {
	return resolve.NewActivity(func(ctx context.Context, set func(resolve.State[kind])) {
		ctx, leave, ok := n.enter(ctx)
		if !ok {
			set(resolve.State[kind]{Status: resolve.Failed, Err: errClosed{n.dir}})
			return
		}
		defer leave()
		s := n.subscribe()
		defer n.unsubscribe(s)
		var last resolve.State[kind]
		for {
			if now := n.look(s, name, at); !same(now, last) {
				last = now
				set(now)
			}
			select {
			case <-ctx.Done():
				return
			case <-s.wake:
			}
		}
	})
}

func same(a, b resolve.State[kind]) bool {
	return a.Status == b.Status && a.Value == b.Value && (a.Err == b.Err || a.Err != nil && b.Err != nil && a.Err.Error() == b.Err.Error())
}

// look finds what is at a path now.
func (n *Namer) look(s *sub, name string, at resolve.Path) resolve.State[kind] {
	way := n.way(s)
	defer way.done()
	top := way.to(n.dir, false)
	walked := way.below(top, n.dir, name)
	root, err := os.OpenRoot(n.dir)
	if err != nil {
		return resolve.State[kind]{Status: resolve.Failed, Err: fmt.Errorf("fs: root directory: %w", err)}
	}
	defer root.Close()
	var info iofs.FileInfo
	err = walked.retry(name, func(name string) (err error) {
		info, err = root.Stat(name)
		return err
	})
	found := resolve.State[kind]{Status: resolve.OK}
	switch {
	case missing(err):
	case err != nil:
		found = resolve.State[kind]{Status: resolve.Failed, Err: fmt.Errorf("fs: name %s: %w", at, err)}
	case info.Mode().IsRegular():
		found.Value = file
	case info.IsDir():
		found.Value = directory
	}
	return found
}
