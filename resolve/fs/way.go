package fs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// way follows a path step by step, through symbolic links. Each directory is watched
// before way looks into it, so that a later change wakes the sub. It only finds what to
// watch; it does not decide whether a file may be opened.
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

// way starts a new walk for s. One goroutine at a time uses it, and calls done at the
// end.
func (w *watcher) way(s *sub) *way {
	w.mu.Lock()
	defer w.mu.Unlock()
	return &way{w: w, sub: s, before: s.steps}
}

// done makes s wake up for the steps of this walk, and for no others.
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

// to walks to an absolute path of the configuration and returns the physical path. The
// directories above it hardly ever change and are skipped: a step is an entry that is a
// link, that is missing, or that is the file itself, if file is set.
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

// below walks from root, a physical path that is also called alias, to a file
// below it. Each entry on the way is a step.
func (x *way) below(root, alias, file string) found {
	if x.lost {
		return found{}
	}
	return chase(root, alias, file, x.mark)
}

// found is where a walk below a root has ended.
type found struct {
	path     string // relative to the root and without links, "" if it leads out
	absolute bool   // some link was to an absolute path, which os.Root does not follow
}

// chase walks from root to a file below it, and calls step for each entry
// before it looks at it. Links to absolute paths are followed if these are below root, by
// either of its names. [os.Root], which gets the path that chase finds, makes sure that
// nothing outside is opened.
func chase(root, alias, file string, step func(dir, entry string)) (f found) {
	dir, rest := root, labelsOf(file)
	for links := 0; len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		if name == ".." {
			if dir == root {
				return found{}
			}
			dir = filepath.Dir(dir)
			continue
		}
		step(dir, name)
		at := filepath.Join(dir, name)
		target, err := os.Readlink(at)
		switch {
		case missing(err):
			rest, dir = nil, filepath.Join(append([]string{at}, rest...)...)
			continue
		case err != nil:
			dir = at
			continue
		}
		if links++; links > maxLinks {
			return found{}
		}
		if filepath.IsAbs(target) {
			var inside bool
			if target, inside = relative(target, root, alias); !inside {
				return found{}
			}
			dir, f.absolute = root, true
		}
		rest = append(labelsOf(target), rest...)
	}
	f.path, _ = relative(dir, root)
	return f
}

// relative is a path as it is seen from the first of roots that it is in.
func relative(path string, roots ...string) (rel string, inside bool) {
	for _, root := range roots {
		if rel, err := filepath.Rel(root, path); err == nil && filepath.IsLocal(rel) {
			return rel, true
		}
	}
	return "", false
}

// retry does something with a file of root, by the path that a walk has found
// where its name has an absolute link on the way.
func (f found) retry(name string, do func(name string) error) error {
	err := do(name)
	if err == nil || missing(err) || !f.absolute || f.path == "" {
		return err
	}
	return do(f.path)
}

// labelsOf splits a path into what it consists of; ".." stays.
func labelsOf(path string) []string {
	return slices.DeleteFunc(strings.Split(path, string(filepath.Separator)), func(s string) bool { return s == "" || s == "." })
}
