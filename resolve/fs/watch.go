package fs

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// A burst of events is acted on when it has been still for settle, but at the
// latest after patience.
const (
	settle   = 10 * time.Millisecond
	patience = 40 * time.Millisecond
)

// watch runs until Close and wakes those whom an event concerns.
func (n *Namer) watch() {
	rescan := time.NewTicker(n.refresh)
	defer rescan.Stop()
	for {
		select {
		case <-n.ctx.Done():
			return
		case e := <-n.watcher.Events:
			n.wakeFor(n.burst(e))
		case err := <-n.watcher.Errors:
			n.errorLog(fmt.Errorf("fs: watch %s: %w", n.dir, err))
			n.wakeFor(nil)
		case <-rescan.C:
			n.wakeFor(nil)
		}
	}
}

// changes are the entries that events are about, by directory.
type changes map[string]map[string]bool

func (c changes) add(e fsnotify.Event) {
	c.entry(filepath.Dir(e.Name), filepath.Base(e.Name))
	// An event about a directory itself has that directory's name, and
	// concerns all that is in it.
	c.entry(e.Name, "")
}

func (c changes) entry(dir, name string) {
	if c[dir] == nil {
		c[dir] = make(map[string]bool)
	}
	c[dir][name] = true
}

// burst takes the events that come closely after e.
func (n *Namer) burst(e fsnotify.Event) changes {
	c := make(changes)
	c.add(e)
	still, end := time.NewTimer(settle), time.NewTimer(patience)
	defer still.Stop()
	defer end.Stop()
	for {
		select {
		case e := <-n.watcher.Events:
			c.add(e)
			still.Reset(settle)
		case <-still.C:
			return c
		case <-end.C:
			return c
		case <-n.ctx.Done():
			return c
		}
	}
}

// wakeFor wakes whom the changes concern, and everybody for nil.
func (n *Namer) wakeFor(c changes) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for s := range n.subs {
		if c == nil || s.concerned(c) {
			select {
			case s.wake <- struct{}{}:
			default:
			}
		}
	}
}

func (s *sub) concerned(c changes) bool {
	for dir, entry := range s.steps {
		if names := c[dir]; names != nil && (entry == "" || names[entry] || names[""]) {
			return true
		}
	}
	return false
}
