package config

import (
	"cmp"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/fs"
	"github.com/meshhop/meshhop/resolve/rewrite"
)

type utility = resolve.Namer

// namerSection is an entry of the list namers.
type namerSection struct {
	path         string
	at           Position
	prefix       resolve.Path        // with /#
	build        Part[resolve.Namer] // nil: it is wrong or not supported, which is in the report
	noOtherName  bool
	transformers []transformerSection
}

func readNamers(top *Decoder, kinds Kinds) []namerSection {
	var all []namerSection
	for _, d := range top.Groups("namers") {
		d.Bool("experimental", false)
		prefix := d.Name("prefix", resolve.Path{})
		section := namerSection{path: d.Path(), at: d.Position(), transformers: readTransformers(d, kinds)}
		named := d.Has("prefix")
		namer, kind, ok := kindOf(d, namers, kinds.Namers)
		d.Done()
		if !ok {
			if kind == "" && !named {
				continue
			}
			// A dtab may lead to its names all the same: only the namer is wrong.
			namer.Prefix = resolve.Path{}.AppendLabel(kind)
			namer.New, namer.NoOtherName = nil, false
		}
		if !named {
			prefix = namer.Prefix
		}
		section.prefix, section.build = resolve.Path{}.AppendLabel("#").Append(prefix), namer.New
		section.noOtherName = namer.NoOtherName
		all = append(all, section)
	}
	return all
}

// rewriteNamer is io.l5d.rewrite, which has no default prefix.
func rewriteNamer(d *Decoder) (Namer, error) {
	d.Need("prefix")
	d.Need("pattern")
	d.Need("name")
	pattern, name := d.pathMatcher("pattern"), d.scalar("name")
	if pattern == nil || name == nil {
		return Namer{}, nil
	}
	namer, err := rewrite.New(rewrite.Config{Pattern: cmp.Or(pattern.String(), "/"), Name: name.text})
	if err != nil {
		d.unparsable("name", name, "a name for "+quoted(pattern.String()), err)
	}
	return Namer{New: Ready[resolve.Namer](namer)}, nil
}

// fsNamer is io.l5d.fs.
func fsNamer(d *Decoder) (Namer, error) {
	dir := d.Text("rootDir", "")
	if d.Need("rootDir") && dir == "" {
		d.Errorf("rootDir", "must be the name of a directory")
	}
	return Namer{
		Prefix:      resolve.Path{}.AppendLabel("io.l5d.fs"),
		NoOtherName: true,
		New: func(o BuildOptions) (resolve.Namer, error) {
			return fs.New(fs.Config{RootDir: dir, Resolver: o.Resolver, ErrorLog: o.ErrorLog})
		},
	}, nil
}
