package fs

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
)

// sub is one observed name or file that wants to look again when something
// changes on the way to it.
type sub struct {
	wake chan struct{}
	// steps are the directories on the way, absolute, and the one entry that
	// matters in each, "" for any. Guarded by Namer.mu.
	steps map[string]string
}

func (n *Namer) subscribe() *sub {
	s := &sub{wake: make(chan struct{}, 1)}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.subs[s] = struct{}{}
	return s
}

func (n *Namer) unsubscribe(s *sub) {
	n.mu.Lock()
	delete(n.subs, s)
	n.mu.Unlock()
	n.rewatch(s.steps, nil)
}

// follow makes s wake up for changes on the way from the root to file, which
// is relative, and for no others. It must be called
// before the file is looked at.
func (n *Namer) follow(s *sub, root *os.Root, file string) {
	now := make(map[string]string)
	for file != "." {
		dir, entry := path.Split(file)
		if info, err := root.Lstat(file); err == nil && info.Mode()&os.ModeSymlink != 0 {
			// What it leads through may be beside it.
			entry = ""
		}
		file = path.Clean(dir)
		now[filepath.Join(n.dir, file)] = entry
	}
	n.mu.Lock()
	before := s.steps
	s.steps = now
	n.mu.Unlock()
	n.rewatch(before, now)
}

// rewatch counts the watched directories and tells the watcher. Directories
// that stay are added again, which is cheap, and needed when there is another
// directory of that name by now.
func (n *Namer) rewatch(before, now map[string]string) {
	var failed []error
	n.watchMu.Lock()
	for d := range now {
		_, known := before[d]
		if !known {
			n.watched[d]++
		}
		if err := n.watcher.Add(d); err != nil && !known && !missing(err) {
			failed = append(failed, fmt.Errorf("fs: watch %s: %w", d, err))
		}
	}
	for d := range before {
		if _, stays := now[d]; stays {
			continue
		}
		if n.watched[d]--; n.watched[d] == 0 {
			delete(n.watched, d)
			// It fails when the directory is gone, which is fine.
			_ = n.watcher.Remove(d)
		}
	}
	n.watchMu.Unlock()
	for _, err := range failed {
		n.errorLog(err)
	}
}
