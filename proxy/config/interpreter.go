package config

import "github.com/meshhop/meshhop/resolve"

// interpreterSection is a router's interpreter.
type interpreterSection struct {
	path         string
	at           Position
	kind         string      // "default" if the file has none
	build        Interpreter // nil: its kind is not supported, which is in the report
	transformers []transformerSection
}

const defaultInterpreterKind = "default"

func readInterpreter(of *Decoder, kinds Kinds) interpreterSection {
	const key = "interpreter"
	d, ok := of.Group(key)
	if !ok {
		return standardInterpreter(of, kinds)
	}
	d.Bool("experimental", false)
	section := interpreterSection{path: d.Path(), at: d.Position(), transformers: readTransformers(d, kinds)}
	section.build, section.kind, _ = kindOf(d, interpreters, kinds.Interpreters)
	d.Done()
	return section
}

// standardInterpreter is the interpreter of a router that names none.
func standardInterpreter(of *Decoder, kinds Kinds) interpreterSection {
	section := interpreterSection{path: of.pathOf("interpreter"), at: of.Position(), kind: defaultInterpreterKind, build: buildDefaultInterpreter}
	if read := kinds.Interpreters[defaultInterpreterKind]; read != nil {
		build, err := read(newDecoder(of.doc, nil, of.at.child("interpreter")))
		if err != nil {
			of.Errorf("", "%v", err)
			return section
		}
		section.build = build
	}
	return section
}

// defaultInterpreter is the kind default.
func defaultInterpreter(*Decoder) (Interpreter, error) { return buildDefaultInterpreter, nil }

func buildDefaultInterpreter(_ BuildOptions, c resolve.Config) (resolve.Interpreter, error) {
	return resolve.New(c)
}
