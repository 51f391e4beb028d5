package resolve

// kind says what a step is in /delegator.json.
type kind string

const (
	kindDelegate       kind = "delegate" // Path was rewritten: see Delegate
	kindAlt            kind = "alt"
	kindUnion          kind = "union"
	kindLeaf           kind = "leaf"
	kindTransformation kind = "transformation"
	kindNeg            kind = "neg"
	kindEmpty          kind = "empty"
	kindFail           kind = "fail"
	kindException      kind = "exception"
)

func (d *Delegation) kind() kind {
	switch {
	case d.Err != nil:
		return kindException
	case d.Transformer != "":
		return kindTransformation
	}
	switch d.Op {
	case Alt:
		return kindAlt
	case Union:
		return kindUnion
	case Empty:
		return kindEmpty
	case Fail:
		return kindFail
	case Leaf:
		if d.Bound != nil {
			return kindLeaf
		}
		return kindDelegate
	}
	return kindNeg
}
