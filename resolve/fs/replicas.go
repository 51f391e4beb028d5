package fs

import (
	"context"
	"fmt"
	"io"
	iofs "io/fs"
	"os"
	"path"
	"syscall"

	"github.com/meshhop/meshhop/resolve"
)

// maxFileSize is Linkerd's, in bytes.
const maxFileSize = 500 << 10

// maxHosts bounds how many hosts of one file are looked up.
const maxHosts = 1000

// replicas keeps reading the file of that name.
func (n *Namer) replicas(id resolve.Path) *resolve.Activity[resolve.Replicas] {
	return resolve.NewActivity(func(ctx context.Context, set func(resolve.State[resolve.Replicas])) {
		ctx, leave, ok := n.enter(ctx)
		if !ok {
			set(resolve.State[resolve.Replicas]{Status: resolve.Failed, Err: errClosed{n.dir}})
			return
		}
		defer leave()
		s := n.subscribe()
		defer n.unsubscribe(s)
		hosts := newHosts(ctx, n, set)
		defer hosts.close()

		file := path.Join(id.Labels()...)
		for last := (content{}); ; {
			if now := n.read(s, file, last); now != last {
				last = now
				hosts.update(now)
			}
			select {
			case <-ctx.Done():
				return
			case <-s.wake:
			}
		}
	})
}

// content is what a file held when it was read.
type content struct {
	text string
	err  string // why it could not be read, "" if it could
	read bool   // false only for the zero value
}

// read reads the file. It gives last if that is still what is there.
func (n *Namer) read(s *sub, file string, last content) content {
	root, err := os.OpenRoot(n.dir)
	if err != nil {
		return content{read: true, err: fmt.Sprintf("fs: root directory: %v", err)}
	}
	defer root.Close()
	n.follow(s, root, file)
	// Should it be a pipe by now, opening it must not wait for a writer.
	f, err := root.OpenFile(file, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return content{read: true, err: fmt.Sprintf("fs: read: %v", err)}
	}
	defer f.Close()
	text, err := readBounded(f)
	if err != nil {
		return content{read: true, err: fmt.Sprintf("fs: read %s: %v", file, err)}
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
