package lint

import (
	"slices"

	"github.com/meshhop/meshhop/resolve"
)

// outcomes is a set of what names may come to.
type outcomes uint8

const (
	mayNeg   outcomes = 1 << iota // no such name
	mayFail                       // told to fail
	mayBe                         // a replica set, or Empty, or a union with one of them
	mayBreak                      // a failure
	mayLoop                       // the failure of a name that is rewritten for ever
	mayBeAny = mayNeg | mayFail | mayBe | mayBreak | mayLoop
)

// evaluate is what the evaluation of package resolve does, over all names of x at a time.
func (m *meanings) evaluate(x *meaning) outcomes {
	var out outcomes
	asks, neg := true, false
	for _, r := range x.rules {
		may := mayOf(r.dst)
		out |= may &^ mayNeg
		neg = neg || may&mayNeg != 0
		if !r.must {
			continue
		}
		if may&mayNeg == 0 {
			return out // nothing else is tried
		}
		asks = r.dst.Op == resolve.Neg // then the namers are asked all the same
	}
	if neg {
		out |= mayNeg
	}
	if asks {
		out |= m.asked(x.path)
	}
	return out
}

// mayOf combines what the leaves of a tree may come to, as evaluation.follow
// does.
func mayOf(t resolve.NameTree[target]) outcomes {
	switch t.Op {
	case resolve.Leaf:
		return t.Leaf.may
	case resolve.Empty:
		return mayBe
	case resolve.Fail:
		return mayFail
	case resolve.Alt:
		var out outcomes
		for _, sub := range t.Sub {
			may := mayOf(sub)
			out |= may &^ mayNeg
			if may&mayNeg == 0 {
				return out
			}
		}
		return out | mayNeg
	case resolve.Union:
		return mayOfUnion(t.Sub)
	}
	return mayNeg
}

// mayOfUnion: what is Neg, Fail or broken is left out. All of that is Neg if
// one of them is known to be, else broken.
func mayOfUnion(branches []resolve.NameTree[target]) outcomes {
	var some outcomes
	allOut, allBroken := true, true
	for _, sub := range branches {
		may := mayOf(sub)
		some |= may
		allOut = allOut && may&^mayBe != 0
		allBroken = allBroken && may&(mayBreak|mayLoop) != 0
	}
	out := some & mayBe
	if allOut && some&(mayNeg|mayFail) != 0 {
		out |= mayNeg
	}
	if allBroken {
		out |= some & (mayBreak | mayLoop)
	}
	return out
}

// asked is what the namers and the utilities may say, as in
// DefaultInterpreter.namers.
func (m *meanings) asked(p resolve.Path) outcomes {
	var out outcomes
	for _, n := range slices.Backward(m.config.Namers) {
		all := p.HasPrefix(n.Prefix)
		if !all && (m.plain || !n.Prefix.HasPrefix(p)) {
			continue
		}
		may := n.Answers.may()
		out |= may &^ mayNeg
		if all && may&mayNeg == 0 {
			return out
		}
	}
	return out | m.utility(p)
}

func (m *meanings) utility(p resolve.Path) outcomes {
	switch {
	case p.IsEmpty() && !m.plain:
		return mayBeAny // it may begin with /$
	case p.IsEmpty(), p.Label(0) != "$":
		return mayNeg
	case p.Len() == 1 && m.plain:
		return mayNeg | mayBreak
	case p.Len() == 1:
		return mayBeAny
	}
	switch name := p.Label(1); name {
	case "nil":
		return mayBe
	case "fail":
		return mayFail
	default:
		answers, ok := m.config.Utilities[name]
		if !ok {
			return mayBreak
		}
		return answers(p.Drop(2)).may()
	}
}

// may is what names that the namer answers for may come to.
func (a Answers) may() outcomes {
	switch a {
	case AlwaysBound:
		return mayBe | mayBreak
	case NoOtherName:
		return mayBeAny &^ mayLoop
	}
	return mayBeAny
}

// renames says whether the namer may answer with other names.
func (a Answers) renames() bool { return a != AlwaysBound && a != NoOtherName }
