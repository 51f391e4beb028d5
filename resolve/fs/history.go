package fs

import (
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// history is what happened to a directory since it is watched, for the state
// page.
type history struct {
	since time.Time
	kind  string // of the latest event, in Java's words; "" if there was none
	name  string
	at    time.Time
}

// remember begins the history of a directory.
func (w *watcher) remember(dir string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.history[dir] = history{since: time.Now()}
}

func (w *watcher) forget(dir string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.history, dir)
}

// record takes an event into the history of its directory.
func (w *watcher) record(e fsnotify.Event) {
	dir, name := filepath.Split(e.Name)
	dir = filepath.Clean(dir)
	kind := "ENTRY_MODIFY"
	switch {
	case e.Has(fsnotify.Create):
		kind = "ENTRY_CREATE"
	case e.Has(fsnotify.Remove), e.Has(fsnotify.Rename):
		kind = "ENTRY_DELETE"
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if h, watched := w.history[dir]; watched {
		w.history[dir] = history{since: h.since, kind: kind, name: name, at: time.Now()}
	}
}

// historyOf is what happened to a directory, if it is watched.
func (w *watcher) historyOf(dir string) (h history, watched bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	h, watched = w.history[dir]
	return h, watched
}
