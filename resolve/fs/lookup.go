package fs

import (
	"context"
	"errors"
	"fmt"
	iofs "io/fs"
	"os"
	"path"
	"strings"
	"syscall"

	"github.com/meshhop/meshhop/resolve"
)

type tree = resolve.NameTree[resolve.Name]

// Lookup implements [resolve.Namer]. It touches the disk only while the answer
// is observed.
func (n *Namer) Lookup(p resolve.Path) *resolve.Activity[tree] {
	if p.IsEmpty() || !plausible(p.Label(0)) {
		return resolve.Const(tree{})
	}
	return resolve.NewActivity(func(ctx context.Context, set func(resolve.State[tree])) {
		ctx, leave, ok := n.enter(ctx)
		if !ok {
			set(resolve.State[tree]{Status: resolve.Failed, Err: errClosed{n.dir}})
			return
		}
		defer leave()
		s := n.subscribe()
		defer n.unsubscribe(s)
		for last := (place{}); ; {
			now := n.find(s, p)
			if !now.same(last) {
				set(n.answer(p, now))
				last = now
			}
			select {
			case <-ctx.Done():
				return
			case <-s.wake:
			}
		}
	})
}

// place is where a name leads.
type place struct {
	known  bool // false only for the zero value
	labels int  // that make up the file's name, 0 if there is no such file
	err    error
}

func (a place) same(b place) bool {
	return a.known == b.known && a.labels == b.labels &&
		(a.err == b.err || a.err != nil && b.err != nil && a.err.Error() == b.err.Error())
}

// find walks from the root to the file that p begins with.
func (n *Namer) find(s *sub, p resolve.Path) place {
	way := n.way(s)
	defer way.done()
	top := way.to(n.dir, false)
	root, err := os.OpenRoot(n.dir)
	if err != nil {
		return place{known: true, err: fmt.Errorf("fs: root directory: %w", err)}
	}
	defer root.Close()
	file, at := ".", top
	for i, label := range p.Labels() {
		if !plausible(label) {
			break
		}
		file = path.Join(file, label)
		at = way.below(top, at, label)
		info, err := root.Stat(file)
		switch {
		case missing(err):
			return place{known: true}
		case err != nil:
			return place{known: true, err: fmt.Errorf("fs: name %s: %w", p.Take(i+1), err)}
		case info.Mode().IsRegular():
			return place{known: true, labels: i + 1}
		case !info.IsDir():
			return place{known: true}
		}
	}
	return place{known: true}
}

func (n *Namer) answer(p resolve.Path, at place) resolve.State[tree] {
	switch {
	case at.err != nil:
		return resolve.State[tree]{Status: resolve.Failed, Err: at.err}
	case at.labels == 0:
		return resolve.State[tree]{Status: resolve.OK}
	}
	id := p.Take(at.labels)
	b := &resolve.Bound{ID: id, Addr: n.replicas(id), Residual: p.Drop(at.labels)}
	return resolve.State[tree]{Status: resolve.OK, Value: resolve.LeafOf(resolve.Name{Bound: b})}
}

// maxLabel is the longest file name.
const maxLabel = 255

// plausible says whether a label can be a file name. It comes from a stranger.
func plausible(label string) bool {
	return label != "." && label != ".." && len(label) <= maxLabel && !strings.ContainsAny(label, "/\x00")
}

// missing says whether err means that there is no such file. A file in the
// place of a directory means that, too.
func missing(err error) bool {
	return errors.Is(err, iofs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG)
}
