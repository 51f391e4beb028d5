package fs

import (
	"fmt"
	iofs "io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/meshhop/meshhop/resolve"
)

// What is shown of a directory is bounded: links may make it endless.
const (
	maxListed    = 10_000  // entries
	maxDepth     = 8       // directories within directories
	maxShownText = 8 << 20 // bytes of files
)

func (n *Namer) list(do func(*listing)) error {
	root, err := os.OpenRoot(n.dir)
	if err != nil {
		return fmt.Errorf("fs: root directory: %w", err)
	}
	defer root.Close()
	physical, err := filepath.EvalSymlinks(n.dir)
	if err != nil {
		return fmt.Errorf("fs: root directory: %w", err)
	}
	do(&listing{root: root, physical: physical, dir: n.dir})
	return nil
}

// listing goes through a directory, within bounds.
type listing struct {
	root          *os.Root
	physical, dir string // two names of root
	entries       int
	text          int
}

// retry does something with a file of the root, even through absolute links.
func (l *listing) retry(name string, do func(name string) error) error {
	return chase(l.physical, l.dir, name, func(string, string) {}).retry(name, do)
}

// walk calls file for each file in dir and below.
func (l *listing) walk(dir string, at resolve.Path, file func(p resolve.Path, name string)) {
	l.each(dir, func(entry string, info iofs.FileInfo) {
		p, name := at.AppendLabel(entry), path.Join(dir, entry)
		switch {
		case info.Mode().IsRegular():
			file(p, name)
		case info.IsDir() && p.Len() < maxDepth:
			l.walk(name, p, file)
		}
	})
}

// each calls f for the entries of one directory, in order. It skips what cannot be read.
func (l *listing) each(dir string, f func(entry string, info iofs.FileInfo)) {
	var names []string
	_ = l.retry(dir, func(name string) error {
		d, err := l.root.Open(name)
		if err != nil {
			return err
		}
		defer d.Close()
		names, _ = d.Readdirnames(max(1, maxListed-l.entries))
		return nil
	})
	slices.Sort(names)
	for _, name := range names {
		if l.entries++; l.entries > maxListed {
			return
		}
		if !plausible(name) {
			continue
		}
		var info iofs.FileInfo
		if l.retry(path.Join(dir, name), func(name string) (err error) {
			info, err = l.root.Stat(name)
			return err
		}) == nil {
			f(name, info)
		}
	}
}

// textOf is the content of a file, or why it cannot be read.
func (l *listing) textOf(name string) string {
	if l.text > maxShownText {
		return "error: there is too much to show"
	}
	var f *os.File
	err := l.retry(name, func(name string) (err error) {
		f, err = l.root.OpenFile(name, readOnly, 0)
		return err
	})
	if err != nil {
		return "error: " + err.Error()
	}
	defer f.Close()
	c, _ := contentOf(f, name, content{})
	l.text += len(c.text)
	if c.err != "" {
		return "error: " + c.err
	}
	return c.text
}
