package config

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/proxy/internal/linkerd"
	"github.com/meshhop/meshhop/resolve"
)

// checkMeanings finds names that can never be bound. An unknown name below /$/ is an error,
// because requests would fail. Any other unknown name in a dtab is just Neg and left to
// [File.Lint]; if a transformer looks it up, there is a notice.
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

// meanings are the namers below /# and the utilities below /$.
type meanings struct {
	file  *File
	known []string // below /$
}

// dtab checks the names below /$ in a dtab, each once.
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

// transformers checks the names that transformers look up without a dtab.
func (m meanings) transformers(all []transformerSection) {
	for _, t := range all {
		name := t.looksUp
		if !name.IsEmpty() && !m.name(name, t.key, "path") && name.Label(0) != "#" && name.Label(0) != "$" {
			t.key.Noticef("path", "%s is looked up without a dtab, where it means nothing: only names below /# and /$ do", name)
		}
	}
}

// name reports a name that can never be bound, and returns whether it did.
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

// served reports whether a namer is mounted at a beginning of the name, or below it.
func (f *File) served(name resolve.Path) bool {
	return slices.ContainsFunc(f.namers, func(n namerSection) bool {
		return name.HasPrefix(n.prefix) || n.prefix.HasPrefix(name)
	})
}

// rewritten reports whether the dtab itself rewrites such names, which it may.
func rewritten(dtab resolve.Dtab, name resolve.Path) bool {
	return dtab.Lookup(name).Op != resolve.Neg
}

// names returns all names on the right sides of a dtab.
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

// mention returns the position of a text in the value of a key.
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
