package config

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

// checkMeanings looks for names below /$/ in dtabs that are not there: requests
// would fail. Names that are just Neg are left to [File.Lint].
func checkMeanings(top *Decoder, f *File, kinds Kinds) {
	known := append(slices.Collect(maps.Keys(kinds.Utilities)), "nil", "fail")
	slices.Sort(known)
	for _, r := range f.routers {
		if r.interpreter.kind != defaultInterpreterKind {
			continue
		}
		d := r.dtabKey
		told := map[string]bool{}
		for name := range names(r.dtab) {
			if name.Len() < 2 || told[name.Take(2).String()] {
				continue
			}
			head := name.Take(2).String()
			if name.Label(0) != "$" || slices.Contains(known, name.Label(1)) || rewritten(r.dtab, name) {
				continue
			}
			told[head] = true
			at, path := d.mention("dtab", name.String()), d.pathOf("dtab")
			switch available := "; available below /$: " + strings.Join(known, ", "); {
			case slices.Contains(linkerdUtilities(), name.Label(1)):
				top.doc.report.error(&Error{Position: at, Path: path, Reason: head + " is not supported" + available})
			default:
				top.doc.report.error(&Error{Position: at, Path: path, Reason: "there is nothing at " + head + available})
			}
		}
	}
}

// rewritten says whether the dtab itself gives names like this one another
// meaning, which it may.
func rewritten(dtab resolve.Dtab, name resolve.Path) bool {
	return dtab.Lookup(name).Op != resolve.Neg
}

// names gives all names that a dtab leads to.
func names(dtab resolve.Dtab) iter.Seq[resolve.Path] {
	return func(yield func(resolve.Path) bool) {
		for _, entry := range dtab {
			for name := range entry.Dst.Leaves() {
				if !yield(name) {
					return
				}
			}
		}
	}
}

// mention is where a text first stands in the value of a key.
func (d *Decoder) mention(key, text string) Position {
	n := d.take(key)
	if n == nil {
		return d.Position()
	}
	if at := strings.Index(n.text, text); at >= 0 {
		return d.inside(n, at)
	}
	return d.position(n)
}
