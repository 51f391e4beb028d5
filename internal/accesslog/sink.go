package accesslog

import (
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/meshhop/meshhop/internal/trouble"
)

// FileConfig is a file of lines.
type FileConfig struct {
	// Path is the file. "-" and "/dev/stdout" are standard output, which is not rolled,
	// and neither is anything else that is no regular file. Directories that do not exist
	// are made.
	Path string
	// Roll says when the file is rolled.
	Roll Policy
	// Truncate has what is in the file dropped when it is opened first. It is not when it
	// is opened again, at a reload for example.
	Truncate bool
	// Keep is how many rolled files are kept; negative: all.
	Keep int
}

// isStdout reports whether a path is standard output.
func isStdout(path string) bool { return path == "-" || path == "/dev/stdout" }

// sink is an open file. One goroutine uses it.
type sink struct {
	config   FileConfig
	zone     *time.Location
	errorLog *slog.Logger
	names    rolledNames

	out     io.Writer
	file    *os.File // out; nil: standard output
	regular bool
	opened  time.Time
	next    time.Time // when it is rolled; zero: time is no reason
	size    int64

	rolling trouble.Trouble // it cannot be rolled, or opened again
}

// openSink opens a file for the first time.
func openSink(c FileConfig, stdout io.Writer, zone *time.Location, errorLog *slog.Logger) (*sink, error) {
	s := &sink{config: c, zone: zone, errorLog: errorLog, names: rolledNamesOf(c.Path)}
	if isStdout(c.Path) {
		s.out = stdout
		return s, nil
	}
	if err := os.MkdirAll(filepath.Dir(c.Path), 0o755); err != nil {
		return nil, err
	}
	flags := 0
	if c.Truncate {
		flags = os.O_TRUNC
	}
	return s, s.open(flags)
}

// open opens the file, and closes the one before.
func (s *sink) open(flags int) error {
	// Without O_NONBLOCK the opening of a pipe waits for its reader.
	file, err := os.OpenFile(s.config.Path, os.O_WRONLY|os.O_CREATE|os.O_APPEND|syscall.O_NONBLOCK|flags, 0o644)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return err
	}
	s.close()
	s.file, s.out = file, file
	s.size, s.regular = info.Size(), info.Mode().IsRegular()
	s.began(time.Now())
	return nil
}

// began notes since when the file is open.
func (s *sink) began(now time.Time) {
	s.opened = now.In(s.zone)
	s.next = s.config.Roll.next(s.opened)
}

func (s *sink) close() {
	if s.file != nil {
		s.file.Close()
	}
}

// reopen opens the file by its name again: another program may have renamed it. If that
// fails, the open one stays.
func (s *sink) reopen() {
	if s.file == nil {
		return
	}
	s.said("opening an access log again", s.open(0))
}

// overdue reports whether it is time that the file is rolled.
func (s *sink) overdue(now time.Time) bool {
	return s.regular && !s.next.IsZero() && !now.Before(s.next)
}

// room is how many bytes can be written before the file is rolled for its size.
func (s *sink) room() int {
	if !s.regular || s.config.Roll.every != bySize {
		return math.MaxInt
	}
	return int(min(max(s.config.Roll.size-s.size, 0), math.MaxInt))
}

// roll renames the file and opens a new one. If that fails, the file is used until it
// would be rolled the next time.
func (s *sink) roll(now time.Time) {
	err := s.tryRoll()
	if s.said("rolling an access log", err); err != nil {
		s.began(now)
		s.size = 0
		return
	}
	if s.config.Keep >= 0 {
		s.said("deleting old access logs", s.names.prune(s.config.Keep))
	}
}

func (s *sink) tryRoll() error {
	name, err := s.names.free(s.config.Roll.stamp(s.opened))
	if err != nil {
		return err
	}
	if err := os.Rename(s.config.Path, name); err != nil {
		return err
	}
	return s.open(0)
}

// said tells the log of an error, now and then.
func (s *sink) said(what string, err error) {
	if err == nil {
		s.rolling.Over()
		return
	}
	if _, ok := s.rolling.Happened(1); ok {
		s.errorLog.Error(what, "file", s.config.Path, "error", err)
	}
}

// configure takes another configuration of the same path.
func (s *sink) configure(c FileConfig) {
	s.config = c
	s.next = c.Roll.next(s.opened)
}

func (s *sink) write(p []byte) error {
	n, err := s.out.Write(p)
	s.size += int64(n)
	return err
}
