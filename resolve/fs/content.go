package fs

import (
	"fmt"
	"io"
	iofs "io/fs"
	"os"
	"syscall"
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

// contentOf reads an open file. It gives last if that is still what is there.
func contentOf(f *os.File, name string, last content) content {
	text, err := readBounded(f)
	if err != nil {
		return content{read: true, err: fmt.Sprintf("fs: read %s: %v", name, err)}
	}
	if last.read && last.err == "" && last.text == string(text) {
		return last
	}
	return content{read: true, text: string(text)}
}

func readBounded(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, iofs.ErrInvalid
	case info.Size() > maxFileSize:
		return nil, fmt.Errorf("the file has %d bytes, and %d are allowed", info.Size(), maxFileSize)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err == nil && len(text) > maxFileSize {
		err = fmt.Errorf("the file has more than %d bytes", maxFileSize)
	}
	return text, err
}
