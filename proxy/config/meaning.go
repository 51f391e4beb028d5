package config

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/proxy/internal/linkerd"
	"github.com/meshhop/meshhop/resolve"
)

// checkMeanings looks for names that can never mean anything: below /$/ what is
// not there is an error, for requests would fail. Other names in dtabs are just
// Neg, and left to [File.Lint]; for transformers, which look names up too, they
// get a notice.
func checkMeanings(f *File, kinds Kinds) {
	m := meanings{file: f, known: append(slices.Collect(maps.Keys(kinds.Utilities)), "nil", "fail")}
	slices.Sort(m.known)
	for _, n := range f.namers {
		m.transformers(n.transformers)
	}
	for _, r := range f.routers {
		m.transformers(r.interpreter.transformers)
		if r.interpreter.kind == defaultInterpreterKind {
			m.dtab(r.dtab, r.dtabKey)
		}
	}
}

// meanings is what names below /# and /$ may mean.
type meanings struct {
	file  *File
	known []string // below /$
}

// dtab looks at the names below /$ that a dtab leads to, at each once.
func (m meanings) dtab(dtab resolve.Dtab, d *Decoder) {
	told := map[string]bool{}
	for name := range names(dtab) {
		if name.IsEmpty() || name.Label(0) != "$" {
			continue
		}
		if head := name.Take(2).String(); !told[head] && !rewritten(dtab, name) {
			told[head] = m.name(name, d, "dtab")
		}
	}
}

// transformers looks at the names that transformers look up, without a dtab.
func (m meanings) transformers(all []transformerSection) {
	for _, t := range all {
		name := t.looksUp
		if !name.IsEmpty() && !m.name(name, t.key, "path") && name.Label(0) != "#" && name.Label(0) != "$" {
			t.key.Noticef("path", "%s is looked up without a dtab, where it means nothing: only names below /# and /$ do", name)
		}
	}
}

// name tells of a name at a key that can never mean anything, and whether.
func (m meanings) name(name resolve.Path, d *Decoder, key string) (told bool) {
	switch {
	case name.Len() < 2:
		return false
	case name.Label(0) == "#" && !m.file.served(name):
		d.doc.report.notice(Finding{Position: d.mention(key, name.String()), Path: d.pathOf(key),
			Text: "no namer is configured for " + name.String() + ": names there mean nothing"})
		return true
	case name.Label(0) == "$" && !slices.Contains(m.known, name.Label(1)):
		reason := "there is nothing at " + name.Take(2).String()
		if slices.Contains(linkerd.Utilities(), name.Label(1)) {
			reason = name.Take(2).String() + " is not supported"
		}
		reason += "; available below /$: " + strings.Join(m.known, ", ")
		d.doc.report.error(&Error{Position: d.mention(key, name.String()), Path: d.pathOf(key), Reason: reason})
		return true
	}
	return false
}

// served says whether a namer answers for a name, or for what it begins.
func (f *File) served(name resolve.Path) bool {
	return slices.ContainsFunc(f.namers, func(n namerSection) bool {
		return name.HasPrefix(n.prefix) || n.prefix.HasPrefix(name)
	})
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
