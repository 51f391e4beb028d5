package fs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/meshhop/meshhop/resolve"
)

// DtabConfig of a [DtabFile].
type DtabConfig struct {
	// File holds the dtab. It must be a file when NewDtab is called, and may
	// be given relative to the working directory at that time. It may be
	// reached through symbolic links, wherever they lead.
	File string
	// ErrorLog gets each new error of the file, and errors in watching it: names that
	// are bound stay so while the file is broken, so that there may be no other sign.
	// Default: they are not logged.
	ErrorLog *slog.Logger
	// Refresh is the longest time until a change is seen if the file system gives no
	// notice of it. Zero means 5 s.
	Refresh time.Duration
}

// DtabFile keeps reading a dtab from a file, for the interpreter io.l5d.fs
// (FsInterpreterConfig.scala). Close it after use.
type DtabFile struct {
	*watcher
	file string // absolute
	dtab *resolve.Activity[resolve.Dtab]
}

// NewDtab starts to watch the file. It is an error if there is none; its content is not
// read yet.
func NewDtab(c DtabConfig) (*DtabFile, error) {
	if c.File == "" {
		return nil, errors.New("fs: dtab file: File is not set")
	}
	file, err := filepath.Abs(c.File)
	if err != nil {
		return nil, fmt.Errorf("fs: dtab file %q: %w", c.File, err)
	}
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("fs: dtab file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("fs: dtab file: %s is not a file", file)
	}
	w, err := newWatcher(file, c.ErrorLog, c.Refresh)
	if err != nil {
		return nil, err
	}
	f := &DtabFile{watcher: w, file: file}
	f.dtab = resolve.NewActivity(f.run)
	return f, nil
}

// Dtab is the dtab in the file. It has failed while the file cannot be read or is not a
// dtab; the error says where.
func (f *DtabFile) Dtab() *resolve.Activity[resolve.Dtab] { return f.dtab }

// Close stops watching and waits for its goroutines. Observers of the dtab keep its last
// state. An observer must not call it.
func (f *DtabFile) Close() error { return f.watcher.Close() }

func (f *DtabFile) run(ctx context.Context, set func(resolve.State[resolve.Dtab])) {
	ctx, leave, ok := f.enter(ctx)
	if !ok {
		set(resolve.State[resolve.Dtab]{Status: resolve.Failed, Err: fmt.Errorf("fs: dtab file %s is closed", f.file)})
		return
	}
	defer leave()
	failed := false
	f.keep(ctx, f.read, func(c content) {
		state := f.stateOf(c)
		switch before := failed; {
		case state.Status == resolve.Failed:
			failed = true
			f.errorLog.Warn("reading a dtab", "dtabFile", f.file, "error", state.Err)
		case before:
			failed = false
			f.errorLog.Info("a dtab can be read again", "dtabFile", f.file)
		}
		set(state)
	})
}

func (f *DtabFile) read(s *sub, last content) (now content, fresh bool) {
	way := f.way(s)
	defer way.done()
	way.to(f.file, true)
	file, err := os.OpenFile(f.file, readOnly, 0)
	if err != nil {
		return content{read: true, err: fmt.Sprintf("fs: dtab file: %v", err)}, false
	}
	defer file.Close()
	return contentOf(file, "dtab file "+f.file, last)
}

func (f *DtabFile) stateOf(c content) resolve.State[resolve.Dtab] {
	if c.err != "" {
		return resolve.State[resolve.Dtab]{Status: resolve.Failed, Err: errors.New(c.err)}
	}
	dtab, err := resolve.ParseDtab(c.text)
	if err != nil {
		return resolve.State[resolve.Dtab]{Status: resolve.Failed, Err: f.parseError(err)}
	}
	return resolve.State[resolve.Dtab]{Status: resolve.OK, Value: dtab}
}

// parseError says where in the file the text stops being a dtab. It repeats at most a
// line of the text, which may be long.
func (f *DtabFile) parseError(err error) error {
	var p *resolve.ParseError
	if !errors.As(err, &p) {
		return fmt.Errorf("fs: dtab file %s: %w", f.file, err)
	}
	pos := min(p.Pos, len(p.Input))
	if strings.TrimSpace(p.Input[pos:]) == "" { // nothing comes any more: the end of what came
		pos = len(strings.TrimRight(p.Input[:pos], " \t\r\n"))
	}
	start := strings.LastIndexByte(p.Input[:pos], '\n') + 1
	end := len(p.Input)
	if i := strings.IndexByte(p.Input[pos:], '\n'); i >= 0 {
		end = pos + i
	}
	line, column := 1+strings.Count(p.Input[:start], "\n"), 1+utf8.RuneCountInString(p.Input[start:pos])
	near := resolve.ParseError{Expected: p.Expected, Found: p.Found, Input: p.Input[max(start, pos-maxNear):min(end, pos+maxNear)]}
	near.Pos = pos - max(start, pos-maxNear)
	return fmt.Errorf("fs: dtab file %s:%d:%d: %s", f.file, line, column, strings.ToValidUTF8(near.Error(), "?"))
}

// maxNear bounds how much of a line is repeated before and after the error.
const maxNear = 60
