package resolve

import "errors"

// namingTransformer is a [Transformer] that looks names up itself; see there.
type namingTransformer interface {
	Transformer
	TransformNames(names Interpreter, t *Activity[NameTree[*Bound]]) *Activity[NameTree[*Bound]]
}

// maxNested bounds how often the names of a transformer may lead to a namer whose
// transformers look names up in turn.
const maxNested = 16

// transform applies one transformer.
func (in *DefaultInterpreter) transform(x Transformer, t *Activity[NameTree[*Bound]]) *Activity[NameTree[*Bound]] {
	if naming, ok := x.(namingTransformer); ok {
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
