package fs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// way follows a path step by step, through symbolic links, and has each
// directory watched before it looks into it: what changes after that wakes the
// sub. It only finds out what to watch; whether a file may be opened is not
// its business.
type way struct {
	w      *watcher
	sub    *sub
	before []step // of the walk before
	steps  []step
	links  int
	lost   bool // there is nothing to follow any more
}

// maxLinks is how many symbolic links one way may lead through.
const maxLinks = 40

// way begins a new walk for s. It is used by one goroutine at a time, and ends
// with done.
func (w *watcher) way(s *sub) *way {
	w.mu.Lock()
	defer w.mu.Unlock()
	return &way{w: w, sub: s, before: s.steps}
}

// done has s wake up for the steps of this walk, and for no others.
func (x *way) done() {
	x.w.mu.Lock()
	x.sub.steps = x.steps
	x.w.mu.Unlock()
	for i, old := range x.before {
		if !leads(x.steps, old.dir) && !leads(x.before[:i], old.dir) {
			x.w.drop(old.dir)
		}
	}
}

// mark adds a step, which counts from now on.
func (x *way) mark(dir, entry string) {
	again := leads(x.steps, dir)
	x.steps = append(x.steps, step{dir, entry})
	x.w.mu.Lock()
	x.sub.steps = append(x.sub.steps, step{dir, entry})
	x.w.mu.Unlock()
	if !again {
		x.w.add(dir, !leads(x.before, dir))
	}
}

func leads(steps []step, dir string) bool {
	return slices.ContainsFunc(steps, func(s step) bool { return s.dir == dir })
}

// to walks to an absolute path that the configuration names. The directories
// above it, which hardly ever change, are passed over: a step is an entry that
// is a link, that is missing, or that is the file itself, where file is set.
// It gives the physical path.
func (x *way) to(path string, file bool) (physical string) {
	dir, rest := string(filepath.Separator), labelsOf(path)
	for len(rest) > 0 && !x.lost {
		name := rest[0]
		rest = rest[1:]
		if name == ".." {
			dir = filepath.Dir(dir)
			continue
		}
		at := filepath.Join(dir, name)
		target, err := os.Readlink(at)
		if err == nil || missing(err) || file && len(rest) == 0 {
			x.mark(dir, name)
			target, err = os.Readlink(at)
		}
		if err != nil {
			x.lost = missing(err)
			dir = at
			continue
		}
		x.links++
		x.lost = x.links > maxLinks
		if filepath.IsAbs(target) {
			dir = string(filepath.Separator)
		}
		rest = append(labelsOf(target), rest...)
	}
	return dir
}

// below walks from root, a physical path, to a file below it. Each entry on
// the way is a step. As in [os.Root], links out of root lead nowhere.
func (x *way) below(root, file string) {
	dir, rest := root, labelsOf(file)
	for len(rest) > 0 && !x.lost {
		name := rest[0]
		rest = rest[1:]
		if name == ".." {
			x.lost = dir == root
			dir = filepath.Dir(dir)
			continue
		}
		x.mark(dir, name)
		at := filepath.Join(dir, name)
		target, err := os.Readlink(at)
		if err != nil {
			x.lost = missing(err)
			dir = at
			continue
		}
		x.links++
		x.lost = x.links > maxLinks || filepath.IsAbs(target)
		rest = append(labelsOf(target), rest...)
	}
}

// labelsOf splits a path into what it consists of; ".." stays.
func labelsOf(path string) []string {
	return slices.DeleteFunc(strings.Split(path, string(filepath.Separator)), func(s string) bool { return s == "" || s == "." })
}
