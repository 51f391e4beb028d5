package fs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/meshhop/meshhop/resolve"
)

// Config of a [Namer].
type Config struct {
	// RootDir holds the names. It must be a directory when New is called, and
	// may be given relative to the working directory at that time.
	RootDir string
	// ErrorLog gets what is wrong with watching files; errors that concern a
	// name are in the state of that name instead. It must not block. Nil
	// means that nobody wants to know.
	ErrorLog func(error)
	// Resolver looks up host names in files. Nil means [net.DefaultResolver].
	Resolver resolve.Resolver
	// Refresh is the time between two look-ups of a host, and the longest
	// time until a change is seen of which the file system gives no notice.
	// Zero means 5 s.
	Refresh time.Duration
}

const defaultRefresh = 5 * time.Second

// Namer answers names with files. Close it after use.
type Namer struct {
	dir      string // absolute
	errorLog func(error)
	resolver resolve.Resolver
	refresh  time.Duration

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup // the watch loop and everything that is observed

	mu     sync.Mutex // not held while calling the watcher
	closed bool
	subs   map[*sub]struct{}

	watcher *fsnotify.Watcher
	watchMu sync.Mutex
	watched map[string]int // directories, and how many subs follow them
}

// New opens the directory and begins to watch. It is an error if RootDir is
// not a directory.
func New(c Config) (*Namer, error) {
	if c.Refresh < 0 {
		return nil, fmt.Errorf("fs: Refresh %s is negative", c.Refresh)
	}
	if c.RootDir == "" {
		return nil, errors.New("fs: RootDir is not set")
	}
	dir, err := filepath.Abs(c.RootDir)
	if err != nil {
		return nil, fmt.Errorf("fs: root directory %q: %w", c.RootDir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("fs: root directory: %w", err)
	}
	if err := root.Close(); err != nil {
		return nil, fmt.Errorf("fs: root directory: %w", err)
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("fs: watch %s: %w", dir, err)
	}
	n := &Namer{
		dir: dir, watcher: watcher,
		errorLog: c.ErrorLog, resolver: c.Resolver, refresh: c.Refresh,
		subs: make(map[*sub]struct{}), watched: make(map[string]int),
	}
	if n.errorLog == nil {
		n.errorLog = func(error) {}
	}
	if n.resolver == nil {
		n.resolver = net.DefaultResolver
	}
	if n.refresh == 0 {
		n.refresh = defaultRefresh
	}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.work.Go(n.watch)
	return n, nil
}

// errClosed is the failure of names that are looked up after Close.
type errClosed struct{ dir string }

func (e errClosed) Error() string { return "fs: the namer of " + e.dir + " is closed" }

// Close stops watching and waits until nothing runs any more. Names that are
// observed keep their last state. It must not be called by an observer.
func (n *Namer) Close() error {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return nil
	}
	n.closed = true
	n.mu.Unlock()
	n.cancel()
	n.work.Wait()
	return n.watcher.Close()
}

// enter counts the caller in for Close to wait for, unless it is too late. The
// ctx ends with the caller's and with Close.
func (n *Namer) enter(ctx context.Context) (_ context.Context, leave func(), ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil, nil, false
	}
	n.work.Add(1)
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(n.ctx, cancel)
	return ctx, func() { stop(); cancel(); n.work.Done() }, true
}
