package certs

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// A Store has sets of files and follows their changes. Make one with [NewStore].
type Store struct {
	log     *slog.Logger
	refresh time.Duration
	ctx     context.Context
	cancel  context.CancelFunc
	work    sync.WaitGroup

	mu     sync.Mutex
	sets   []*Set
	notify *fsnotify.Watcher // nil: nothing is watched yet, or the system cannot
	dirs   map[string]bool   // that are watched
	closed bool
}

// Config configures a [Store].
type Config struct {
	// ErrorLog is told of files that were read again, and why they were refused.
	ErrorLog *slog.Logger
	// Refresh is how often the files are read again at the least, because not all changes
	// are seen: those of network file systems are not. Default 10 s.
	Refresh time.Duration
}

const (
	defaultRefresh = 10 * time.Second
	// A certificate and its key are written one after the other: changes are taken once
	// there was none for settle, but at the latest after maxBurst.
	settle   = 50 * time.Millisecond
	maxBurst = time.Second
)

// NewStore returns a store without sets. The caller closes it.
func NewStore(c Config) *Store {
	s := &Store{log: c.ErrorLog, refresh: c.Refresh, dirs: map[string]bool{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.refresh <= 0 {
		s.refresh = defaultRefresh
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Open reads a set of files and follows them from now on. The place says in messages which
// one it is. A set without files is what the system has. The error is a [*Problem].
func (s *Store) Open(place string, files Files) (*Set, error) {
	set := &Set{place: place, files: files}
	if _, err := set.load(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(files.dirs()) == 0 {
		return set, nil
	}
	s.sets = append(s.sets, set)
	for _, dir := range files.dirs() {
		s.watchDir(dir)
	}
	if len(s.sets) == 1 {
		s.work.Go(s.follow)
	}
	for _, notice := range set.Current().Notices {
		s.log.Warn("certificates", "of", place, "notice", notice)
	}
	// It may have changed before it was watched.
	if changed, err := set.load(); changed {
		s.tell(set, err)
	}
	return set, nil
}

// watchDir has changes in a directory seen at once, where the system can. The caller has
// locked mu.
func (s *Store) watchDir(dir string) {
	if s.notify == nil && len(s.dirs) == 0 {
		watcher, err := fsnotify.NewWatcher()
		if err != nil {
			s.log.Warn("changes of certificates are seen late", "after", s.refresh, "error", err)
		} else {
			s.notify = watcher
		}
	}
	if s.dirs[dir] {
		return
	}
	s.dirs[dir] = true
	if s.notify == nil {
		return
	}
	if err := s.notify.Add(dir); err != nil {
		s.log.Warn("changes of certificates are seen late", "directory", dir, "after", s.refresh, "error", err)
	}
}

// States returns how the sets do, in the order in which they were opened.
func (s *Store) States() []State {
	s.mu.Lock()
	sets := slices.Clone(s.sets)
	s.mu.Unlock()
	all := make([]State, len(sets))
	for i, set := range sets {
		all[i] = set.State()
	}
	return all
}

// Close stops following the files. The sets keep what they have.
func (s *Store) Close() error {
	s.mu.Lock()
	s.closed = true
	notify := s.notify
	s.mu.Unlock()
	s.cancel()
	s.work.Wait()
	if notify != nil {
		return notify.Close()
	}
	return nil
}
