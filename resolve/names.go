package resolve

import "errors"

// A NamingTransformer is a [Transformer] that looks names up itself. Where it
// is configured, in a [Config] or a [Mount], TransformNames is called in place
// of Transform.
//
// The names that it is given are those of the interpreter that it is
// configured for, with all its namers and utilities, as they answer anybody,
// and without the interpreter's own transformers. There is no dtab but the one
// that the transformer binds with.
type NamingTransformer interface {
	Transformer
	TransformNames(names Interpreter, t *Activity[NameTree[*Bound]]) *Activity[NameTree[*Bound]]
}

// maxNested is how often the names of a transformer may lead to a namer whose
// transformers look names up in turn.
const maxNested = 16

// transform applies one transformer.
func (in *DefaultInterpreter) transform(x Transformer, t *Activity[NameTree[*Bound]]) *Activity[NameTree[*Bound]] {
	if naming, ok := x.(NamingTransformer); ok {
		return naming.TransformNames(in.names(), t)
	}
	return x.Transform(t)
}

// names is the interpreter as its transformers see it.
func (in *DefaultInterpreter) names() *DefaultInterpreter {
	return &DefaultInterpreter{
		mounts:    in.mounts,
		utilities: in.utilities,
		maxDepth:  in.maxDepth,
		unionWait: in.unionWait,
		maxSteps:  in.maxSteps,
		known:     in.known,
		shared:    in.shared,
		nested:    in.nested + 1,
	}
}

// tooNested is the result of every look-up by a transformer that seems to have been
// reached by its own look-up.
func tooNested() *Activity[NameTree[*Bound]] {
	return FailedActivity[NameTree[*Bound]](errors.New("the path of a transformer leads back to that transformer, or through too many others"))
}
