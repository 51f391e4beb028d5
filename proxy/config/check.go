package config

import (
	"context"
	"slices"
)

// Check returns at once everything that is wrong with a configuration, in the order of
// the file: the errors that [Load] and then [File.Build] would return one after the
// other, what [File.Lint] finds, and the notices. If a part is wrong or not supported,
// the others are checked all the same. Nothing is left running, and nothing listens.
//
// Parts are built with the options. If these are nil, nothing is built: Check looks at
// nothing but the data, not at the directories, files and host names in it, which this
// machine need not have.
func Check(ctx context.Context, name string, data []byte, kinds Kinds, o *BuildOptions) []Finding {
	f, r := load(name, data, kinds)
	if f != nil && o != nil {
		built := f.tryBuild(ctx, *o, len(r.errors) == 0)
		for _, one := range built.errors {
			r.error(one)
		}
	}
	r.sortNotices()
	all := r.notices
	if f != nil {
		all = append(all, f.Lint()...)
	}
	for _, e := range r.sorted() {
		all = append(all, Finding{Position: e.Position, Path: e.Path, Error: true, Text: e.text()})
	}
	slices.SortStableFunc(all, func(a, b Finding) int { return a.Position.compare(b.Position) })
	return all
}

// tryBuild builds the parts of a file and closes them again. If the file has errors, it
// builds only the parts that look at the machine.
func (f *File) tryBuild(ctx context.Context, o BuildOptions, whole bool) *report {
	b := newBuilder(f, o)
	b.dry = true
	if whole {
		b.all()
	} else {
		b.telemetry()
		b.namers()
		for _, r := range f.routers {
			b.interpreter(r, nil)
		}
	}
	_ = b.mesh.Close(ctx) // no span was made, and an error of Close is not about the file
	return b.report
}
