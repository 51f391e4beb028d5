package config

import (
	"context"
	"fmt"
	"slices"
)

// CheckOptions says how far [Check] looks.
type CheckOptions struct {
	// Build is what parts are built with.
	Build BuildOptions
	// NoDisk leaves out everything that is not in the data: directories,
	// files and names of hosts that this machine need not have.
	NoDisk bool
}

// Checked is everything that [Check] has to say of a configuration. Each list
// is in the order of the file.
type Checked struct {
	Errors   Errors
	Findings []Finding
	Notices  []Notice
}

// Check says in one round what is wrong with a configuration: what [Load], and
// then [File.Build], would say one after the other, and what [File.Lint] finds.
// Where a part is wrong or missing here, the rest is looked at all the same.
// Nothing is left running, and nothing listens.
func Check(ctx context.Context, name string, data []byte, kinds Kinds, o CheckOptions) Checked {
	f, r := load(name, data, kinds)
	if f == nil {
		return Checked{Errors: r.sorted(), Notices: r.notices}
	}
	if !o.NoDisk {
		built := f.tryBuild(ctx, o.Build, len(r.errors) == 0)
		for _, one := range built.errors {
			r.error(one)
		}
	}
	r.sortNotices()
	return Checked{Errors: r.sorted(), Findings: f.Lint(), Notices: r.notices}
}

// tryBuild builds what there is of a file and closes it again. Of a file that
// is not whole it builds only the parts that may look at the machine.
func (f *File) tryBuild(ctx context.Context, o BuildOptions, whole bool) *report {
	b := newBuilder(f, o)
	if whole {
		b.all()
	} else {
		b.telemetry()
		b.namers()
		for _, r := range f.routers {
			b.interpreter(r, nil)
		}
	}
	_ = b.mesh.Close(ctx) // no span was made, and what cannot be closed says nothing of the file
	return b.report
}

// Lines gives everything in the order of the file, one line each.
func (c Checked) Lines() []string {
	type line struct {
		at   Position
		text fmt.Stringer
	}
	var all []line
	for _, n := range c.Notices {
		all = append(all, line{n.Position, n})
	}
	for _, f := range c.Findings {
		all = append(all, line{f.Position, f})
	}
	for _, e := range c.Errors {
		all = append(all, line{e.Position, errorLine{e}})
	}
	slices.SortStableFunc(all, func(a, b line) int { return a.at.compare(b.at) })
	lines := make([]string, len(all))
	for i, l := range all {
		lines[i] = l.text.String()
	}
	return lines
}

type errorLine struct{ *Error }

func (e errorLine) String() string { return e.Error.Error() }
