package fs

import (
	"context"
	"fmt"
	"io"
	iofs "io/fs"
	"os"
	"syscall"
	"time"
)

// maxFileSize is Linkerd's, in bytes (Watcher.scala).
const maxFileSize = 500 << 10

// readOnly is how files are opened. Should one be a pipe, opening it must not
// wait for a writer.
const readOnly = os.O_RDONLY | syscall.O_NONBLOCK

// content is what a file held when it was read.
type content struct {
	text string
	err  string // why it could not be read, "" if it could
	read bool   // false only for the zero value
}

// A file that was modified a moment ago may be half-written, and one that is
// empty has most likely been cut by somebody who is about to write it: it is
// taken for what it is when it has been still for settle, or empty for so long
// as emptied. Time goes by in steps of settle, at the most so many times.
const (
	emptied        = 70 * time.Millisecond
	waits          = int(patience / settle)
	waitsIfEmptied = int(emptied/settle) + 1
)

// keep reads a file now and whenever something changes on the way to it, and
// calls update with what is new, until ctx ends.
func (w *watcher) keep(ctx context.Context, read func(s *sub, last content) (now content, fresh bool), update func(content)) {
	s := w.subscribe()
	defer w.unsubscribe(s)
	again := time.NewTimer(settle)
	defer again.Stop()
	again.Stop()
	last := content{}
	for waited := 0; ; {
		now, fresh := read(s, last)
		limit := waits
		if now.text == "" {
			limit = waitsIfEmptied
		}
		if fresh && waited < limit {
			waited++
			again.Reset(settle)
		} else {
			waited = 0
			if now != last {
				last = now
				update(now)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-again.C:
		}
	}
}

// contentOf reads an open file. It gives last if that is still what is there.
// It is fresh if it may be in the middle of being written.
func contentOf(f *os.File, name string, last content) (now content, fresh bool) {
	text, fresh, err := readBounded(f)
	if err != nil {
		return content{read: true, err: fmt.Sprintf("fs: read %s: %v", name, err)}, fresh
	}
	if last.read && last.err == "" && last.text == string(text) {
		return last, false
	}
	return content{read: true, text: string(text)}, fresh
}

func readBounded(f *os.File) (text []byte, fresh bool, err error) {
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, false, err
	case !info.Mode().IsRegular():
		return nil, false, iofs.ErrInvalid
	}
	age := time.Since(info.ModTime())
	fresh = age < settle || info.Size() == 0 && age < emptied
	if info.Size() > maxFileSize {
		return nil, fresh, fmt.Errorf("the file has %d bytes; the limit is %d", info.Size(), maxFileSize)
	}
	text, err = io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err == nil && len(text) > maxFileSize {
		err = fmt.Errorf("the file has more than %d bytes", maxFileSize)
	}
	return text, fresh, err
}
