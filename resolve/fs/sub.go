package fs

import (
	"fmt"
	"slices"
)

// sub is one observed name or file that is looked at again when something on its path
// changes.
type sub struct {
	wake  chan struct{}
	steps []step // guarded by watcher.mu
}

// step is one entry of one directory on a way, both physical: no symbolic link
// leads to them.
type step struct{ dir, entry string }

func (w *watcher) subscribe() *sub {
	s := &sub{wake: make(chan struct{}, 1)}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.subs[s] = struct{}{}
	return s
}

func (w *watcher) unsubscribe(s *sub) {
	w.mu.Lock()
	delete(w.subs, s)
	w.mu.Unlock()
	w.way(s).done()
}

// concerned says whether a change is on the way of s.
func (s *sub) concerned(c changes) bool {
	return slices.ContainsFunc(s.steps, func(x step) bool {
		names := c[x.dir]
		return names != nil && (names[x.entry] || names[""])
	})
}

// add starts to watch a directory for one more follower. A directory that is watched
// already is added again, which is cheap, and necessary if another directory has that
// name by now.
func (w *watcher) add(dir string, more bool) {
	w.watchMu.Lock()
	if more {
		if w.watched[dir]++; w.watched[dir] == 1 {
			w.remember(dir)
		}
	}
	err := w.notify.Add(dir)
	w.watchMu.Unlock()
	if err != nil && more && !missing(err) {
		w.errorLog.Warn("watching files", "of", w.what, "error", fmt.Errorf("fs: watch %s: %w", dir, err))
	}
}

// drop undoes add for one follower.
func (w *watcher) drop(dir string) {
	w.watchMu.Lock()
	defer w.watchMu.Unlock()
	if w.watched[dir]--; w.watched[dir] == 0 {
		delete(w.watched, dir)
		w.forget(dir)
		// It fails when the directory is gone, which is fine.
		_ = w.notify.Remove(dir)
	}
}
