package fs

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// watcher wakes the followers of files when something on the path of a file changes. A
// namer and a dtab file both have one.
type watcher struct {
	what     string // what it watches, for messages
	errorLog *slog.Logger
	refresh  time.Duration

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup // the watch loop and everything that is observed

	mu      sync.Mutex // not held while calling notify
	closed  bool
	subs    map[*sub]struct{}
	history map[string]history // of the directories that are watched

	notify  *fsnotify.Watcher
	watchMu sync.Mutex
	watched map[string]int // directories, and how many subs follow them
}

// newWatcher starts to watch. Zero values of errorLog and refresh mean their
// defaults.
func newWatcher(what string, errorLog *slog.Logger, refresh time.Duration) (*watcher, error) {
	if refresh < 0 {
		return nil, fmt.Errorf("fs: Refresh %s is negative", refresh)
	}
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("fs: watch %s: %w", what, err)
	}
	w := &watcher{
		what: what, errorLog: errorLog, refresh: refresh, notify: notify,
		subs: make(map[*sub]struct{}), history: make(map[string]history), watched: make(map[string]int),
	}
	if w.errorLog == nil {
		w.errorLog = slog.New(slog.DiscardHandler)
	}
	if w.refresh == 0 {
		w.refresh = defaultRefresh
	}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	w.work.Go(w.watch)
	return w, nil
}

// Close stops watching and waits for its goroutines. What is observed keeps its last
// state. An observer must not call it.
func (w *watcher) Close() error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil
	}
	w.closed = true
	w.mu.Unlock()
	w.cancel()
	w.work.Wait()
	return w.notify.Close()
}

// enter makes Close wait for the caller, unless Close was called already. The ctx ends
// with the caller's and with Close.
func (w *watcher) enter(ctx context.Context) (_ context.Context, leave func(), ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, nil, false
	}
	w.work.Add(1)
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(w.ctx, cancel)
	return ctx, func() { stop(); cancel(); w.work.Done() }, true
}
