package fs

import (
	"fmt"
	iofs "io/fs"
	"os"
	"path"
	"slices"
	"strings"

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
	do(&listing{root: root})
	return nil
}

// listing goes through a directory, within bounds.
type listing struct {
	root    *os.Root
	entries int
	text    int
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

// each calls f for the entries of one directory, in order. What cannot be read
// is passed over.
func (l *listing) each(dir string, f func(entry string, info iofs.FileInfo)) {
	d, err := l.root.Open(dir)
	if err != nil {
		return
	}
	names, _ := d.Readdirnames(max(1, maxListed-l.entries))
	d.Close()
	slices.Sort(names)
	for _, name := range names {
		if l.entries++; l.entries > maxListed {
			return
		}
		if strings.HasPrefix(name, "..") || !plausible(name) {
			continue
		}
		if info, err := l.root.Stat(path.Join(dir, name)); err == nil {
			f(name, info)
		}
	}
}

// textOf is what a file holds, or why that cannot be told.
func (l *listing) textOf(name string) string {
	if l.text > maxShownText {
		return "error: there is too much to be shown"
	}
	f, err := l.root.OpenFile(name, readOnly, 0)
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
