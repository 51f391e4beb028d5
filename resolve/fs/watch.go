package fs

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// A burst of events is handled once there was none for settle, but at the latest after
// maxBurst.
const (
	settle   = 10 * time.Millisecond
	maxBurst = 40 * time.Millisecond
)

// watch runs until Close and wakes the subs that an event concerns.
func (w *watcher) watch() {
	rescan := time.NewTicker(w.refresh)
	defer rescan.Stop()
	for {
		select {
		case <-w.ctx.Done():
			return
		case e := <-w.notify.Events:
			w.record(e)
			w.wakeFor(w.burst(e))
		case err := <-w.notify.Errors:
			w.errorLog.Warn("watching files", "of", w.what, "error", fmt.Errorf("fs: watch %s: %w", w.what, err))
			w.wakeFor(nil)
		case <-rescan.C:
			w.wakeFor(nil)
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
func (w *watcher) burst(e fsnotify.Event) changes {
	c := make(changes)
	c.add(e)
	still, end := time.NewTimer(settle), time.NewTimer(maxBurst)
	defer still.Stop()
	defer end.Stop()
	for {
		select {
		case e := <-w.notify.Events:
			w.record(e)
			c.add(e)
			still.Reset(settle)
		case <-still.C:
			return c
		case <-end.C:
			return c
		case <-w.ctx.Done():
			return c
		}
	}
}

// wakeFor wakes the subs that the changes concern, and all of them for nil.
func (w *watcher) wakeFor(c changes) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for s := range w.subs {
		if c == nil || s.concerned(c) {
			select {
			case s.wake <- struct{}{}:
			default:
			}
		}
	}
}
