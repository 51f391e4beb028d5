package config

import "github.com/meshhop/meshhop/resolve"

// interpreterSection is a router's interpreter.
type interpreterSection struct {
	path         string
	at           Position
	kind         string // "default" if the file has none
	build        Interpreter
	transformers []transformerSection
}

const defaultInterpreterKind = "default"

func readInterpreter(of *Decoder, kinds Kinds) interpreterSection {
	const key = "interpreter"
	d, ok := of.Group(key)
	if !ok {
		return interpreterSection{path: of.pathOf(key), at: of.Position(), kind: defaultInterpreterKind, build: buildDefaultInterpreter}
	}
	d.Bool("experimental", false)
	section := interpreterSection{path: d.Path(), at: d.Position(), transformers: readTransformers(d, kinds)}
	section.build, section.kind, _ = kindOf(d, interpreters, kinds.Interpreters)
	d.Done()
	return section
}

// defaultInterpreter is the kind default.
func defaultInterpreter(*Decoder) (Interpreter, error) { return buildDefaultInterpreter, nil }

func buildDefaultInterpreter(_ BuildOptions, c resolve.Config) (resolve.Interpreter, error) {
	return resolve.New(c)
}
