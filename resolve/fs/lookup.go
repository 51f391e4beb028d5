package fs

import (
	"errors"
	iofs "io/fs"
	"strings"
	"syscall"

	"github.com/meshhop/meshhop/resolve"
)

type tree = resolve.NameTree[resolve.Name]

// Lookup implements [resolve.Namer]. It touches the disk only while the answer
// is observed.
func (n *Namer) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	return n.from(p, 1)
}

// from follows a name from a label on; the labels before it are directories.
func (n *Namer) from(p resolve.Path, labels int) *resolve.Activity[tree] {
	if p.Len() < labels || !plausible(p.Label(labels-1)) {
		return resolve.Const(tree{})
	}
	id := p.Take(labels)
	return resolve.FlatMapActivity(n.entry(id), func(k kind) *resolve.Activity[tree] {
		switch k {
		case file:
			b := &resolve.Bound{ID: id, Addr: n.replicas(id), Residual: p.Drop(labels)}
			return resolve.Const(resolve.LeafOf(resolve.Name{Bound: b}))
		case directory:
			return n.from(p, labels+1)
		}
		return resolve.Const(tree{})
	})
}

// maxLabel is the longest file name.
const maxLabel = 255

// plausible says whether a label can be a name. It may come from a stranger, who must not
// reach files that begin with a dot: .env, the inside of a mounted ConfigMap, an editor's
// backups.
func plausible(label string) bool {
	return !strings.HasPrefix(label, ".") && len(label) <= maxLabel && !strings.ContainsAny(label, "/\x00")
}

// missing says whether err means that there is no such file. A file in the
// place of a directory means that, too.
func missing(err error) bool {
	return errors.Is(err, iofs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG)
}
