package fs

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/meshhop/meshhop/resolve"
)

// Config of a [Namer].
type Config struct {
	// RootDir holds the names. It must be a directory when New is called, and
	// may be given relative to the working directory at that time.
	RootDir string
	// ErrorLog gets errors in watching files, and each host of a file in use that is
	// found to have no addresses; errors that concern one name are in the state of that
	// name instead. Default: they are not logged.
	ErrorLog *slog.Logger
	// Resolver looks up host names in files. Nil means [net.DefaultResolver].
	Resolver resolve.Resolver
	// Refresh is the time between two look-ups of a host, and the longest time until a
	// change is seen if the file system gives no notice of it. Zero means 5 s.
	Refresh time.Duration
}

const defaultRefresh = 5 * time.Second

// Namer answers names with files. Close it after use.
type Namer struct {
	*watcher
	dir      string // absolute
	resolver resolve.Resolver

	entryMu sync.Mutex
	entries map[resolve.Path]*entry // those that somebody observes
}

// New opens the directory and starts to watch it. It is an error if RootDir is not a
// directory.
func New(c Config) (*Namer, error) {
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
	n := &Namer{dir: dir, resolver: c.Resolver, entries: make(map[resolve.Path]*entry)}
	if n.resolver == nil {
		n.resolver = net.DefaultResolver
	}
	if n.watcher, err = newWatcher(dir, c.ErrorLog, c.Refresh); err != nil {
		return nil, err
	}
	return n, nil
}

// Close stops watching and waits for its goroutines. Names that are observed keep their
// last state. An observer must not call it.
func (n *Namer) Close() error { return n.watcher.Close() }

// errClosed is the failure of names that are looked up after Close.
type errClosed struct{ dir string }

func (e errClosed) Error() string { return "fs: the namer of " + e.dir + " is closed" }
