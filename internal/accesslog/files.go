// Package accesslog writes a line for each request, or for each attempt, to files that it
// rolls. A request never waits for a disk: its line is copied to a bounded queue, and one
// goroutine for each file writes them. A line that finds the queue full is dropped and
// counted.
//
//	files := accesslog.NewFiles(accesslog.Options{ErrorLog: log})
//	log, err := files.Open(accesslog.Config{File: accesslog.FileConfig{Path: "logs/access.log"}})
//	...
//	handler, err := proxy.New(proxy.Config{Router: r, Attempted: log.Attempted})
//	...
//	err = log.Close(ctx)
package accesslog

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/meshhop/meshhop/internal/record"
)

// Options are what all files have in common.
type Options struct {
	// ErrorLog gets the errors of files, and how many lines are dropped: at once, then
	// once a minute, and when it is over. Default: they are not logged.
	ErrorLog *slog.Logger
	// Stdout is where the file "-" is. Default os.Stdout.
	Stdout io.Writer
	// Zone is that of the times in lines and in names of files. Default time.Local.
	Zone *time.Location
}

// Files are the files of a process: a path is opened once, however many logs write to
// it. It is safe for concurrent use.
type Files struct {
	options Options
	mu      sync.Mutex
	open    map[string]*file // by their absolute paths
	drafts  drafts
}

// NewFiles returns a Files without any.
func NewFiles(o Options) *Files {
	if o.ErrorLog == nil {
		o.ErrorLog = slog.New(slog.DiscardHandler)
	}
	if o.Stdout == nil {
		o.Stdout = os.Stdout
	}
	o.Zone = cmp.Or(o.Zone, time.Local)
	return &Files{options: o, open: make(map[string]*file)}
}

// Config is a log.
type Config struct {
	File   FileConfig
	Format Format
}

// Log makes a line of each record that it is given. It is safe for concurrent use.
type Log struct {
	files  *Files
	file   *file
	format Format
	once   sync.Once
	closed error
}

// Open opens a log. Of a file that is open already, what c says of it counts from now on.
func (f *Files) Open(c Config) (*Log, error) {
	key := keyOf(c.File.Path)
	f.mu.Lock()
	defer f.mu.Unlock()
	to := f.open[key]
	if to == nil {
		s, err := openSink(c.File, f.options.Stdout, f.options.Zone, f.options.ErrorLog)
		if err != nil {
			return nil, err
		}
		to = start(s, f.options.ErrorLog)
		f.open[key] = to
	} else {
		to.change(func() { to.config = &c.File })
	}
	to.users++
	return &Log{files: f, file: to, format: c.Format}, nil
}

// keyOf is the same for all spellings of a path.
func keyOf(path string) string {
	if isStdout(path) {
		return "-"
	}
	if absolute, err := filepath.Abs(path); err == nil {
		return absolute
	}
	return filepath.Clean(path)
}

// Reopen has all files opened anew by their names, after the lines that are queued were
// written: another program may have renamed them.
func (f *Files) Reopen() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.open {
		one.change(func() { one.reopen = true })
	}
}

// Attempted writes the line of an attempt whose response has just begun.
func (l *Log) Attempted(r *record.Record) { l.add(r, true) }

// Ended writes the line of a request that has ended.
func (l *Log) Ended(r *record.Record) { l.add(r, false) }

func (l *Log) add(r *record.Record, attempt bool) {
	d := l.files.drafts.get()
	defer l.files.drafts.put(d)
	l.file.add(d.write(&entry{r, l.format, attempt}, l.files.options.Zone))
}

// Stats returns how many lines of the file were written, and how many were dropped.
func (l *Log) Stats() (written, dropped uint64) {
	return l.file.written.Load(), l.file.dropped()
}

// Close ends the log, after which lines are dropped. If no other log has the file, the
// lines that are queued are written, until ctx is done, and the file is closed.
func (l *Log) Close(ctx context.Context) error {
	l.once.Do(func() {
		l.files.mu.Lock()
		l.file.users--
		last := l.file.users == 0
		if last {
			delete(l.files.open, keyOf(l.file.path))
		}
		l.files.mu.Unlock()
		if last {
			l.closed = l.file.close(ctx)
		}
	})
	return l.closed
}
