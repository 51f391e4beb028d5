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

// A file that was modified a moment ago may be half-written, and an empty one has most
// likely been truncated by a program that is about to write it. So a file is used once it
// has not changed for settle, or has been empty for emptied. It is looked at again every
// settle, at most this many times.
const (
	emptied        = 70 * time.Millisecond
	waits          = int(maxBurst / settle)
	waitsIfEmptied = int(emptied/settle) + 1
)

// keep reads a file now and whenever something on its path changes, and calls update
// with what is new, until ctx ends.
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

// contentOf reads an open file. It returns last if that is still the content. It is
// fresh if it may be half-written.
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
