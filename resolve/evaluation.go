package resolve

import (
	"fmt"
	"time"
)

// A step of an evaluation is a name looked up, 64 entries of a dtab that it is
// compared with, a node of an answer, 256 bytes of a name; a question to a namer
// counts as several.
const (
	entriesPerStep = 64
	questionCost   = 8
	bytesPerStep   = 256
)

// evaluation follows one name once, over answers as they are now.
type evaluation struct {
	in   *DefaultInterpreter
	dtab dtabs
	deps *deps[lookupKey, NameTree[Name]]
	now  time.Time
	memo map[Path]outcome
	open map[Path]bool // names that are being looked up, outermost to innermost
	work int
	own  *overriding // nil: no entry is a request's own
	// again, unless it is zero, is when the outcome is another one although no
	// answer has changed: a union waits until then.
	again time.Time
}

// run follows p from the start. Work without end is a failure of the whole,
// also where a union would pass over it.
func (e *evaluation) run(p Path) outcome {
	if e.own != nil {
		return e.judged(p)
	}
	out := e.name(p, 0)
	if e.work > e.in.maxSteps {
		return e.in.tooMuch()
	}
	return out
}

// name follows p, which was reached after depth rewrites.
func (e *evaluation) name(p Path, depth int) outcome {
	if out, ok := e.memo[p]; ok {
		return out
	}
	if e.open[p] {
		// It would come back here for ever, so need not be followed.
		return e.in.tooDeep()
	}
	if !e.spend(e.dtab.stepsOf(p)) {
		return e.in.tooMuch()
	}
	if e.open == nil {
		e.open, e.memo = make(map[Path]bool), make(map[Path]outcome)
	}
	e.open[p] = true
	out := e.step(p, depth)
	delete(e.open, p)
	if !out.partial {
		e.memo[p] = out
	}
	return out
}

// step looks p up and follows what that gives: [Dtab.Lookup] without its tree, for
// what comes after the first alternate that is not Neg need not be made.
func (e *evaluation) step(p Path, depth int) outcome {
	all := negative()
	matches, says := 0, Neg
	// [dtabs.reversed] by hand: through an iterator a wide dtab takes a tenth longer.
	for i := len(e.dtab) - 1; i >= 0; i-- {
		for j := len(e.dtab[i]) - 1; j >= 0; j-- {
			rule := &e.dtab[i][j]
			rest, ok := rule.Prefix.cut(p)
			if !ok || e.own.isOut(rule) {
				continue
			}
			matches++
			says = rule.Dst.Op
			if !e.spend(rule.Dst.size()) {
				return e.in.tooMuch()
			}
			by := rule
			if i < len(e.dtab)-1 {
				by = nil
			}
			out := follow(e, rule.Dst, depth+1, func(to Path) outcome {
				return e.ledBy(by, e.name(to.Append(rest), depth+1))
			})
			all.partial = all.partial || out.partial
			if out.status != OK || out.tree.Op != Neg {
				out.partial = all.partial
				return out
			}
		}
	}
	if matches == 0 || matches == 1 && says == Neg {
		// A rule that says "no such name" leaves the name to the namers.
		return e.asked(p, depth)
	}
	return all
}

// asked follows what the namers say of p.
func (e *evaluation) asked(p Path, depth int) outcome {
	if !e.spend(questionCost) {
		return e.in.tooMuch()
	}
	a := e.in.namers(p, e.deps)
	switch a.Status {
	case Pending:
		return outcome{status: Pending, until: a.Since.Add(e.in.unionWait), err: a.Err}
	case Failed:
		return outcome{status: Failed, err: a.Err}
	}
	if !e.spend(a.Value.size()) {
		return e.in.tooMuch()
	}
	return follow(e, a.Value, depth+1, func(n Name) outcome {
		if n.Bound == nil {
			return e.name(n.Path, depth+1)
		}
		b := n.Bound
		if !a.absolute {
			b = below(a.namer, b)
		}
		if e.own != nil {
			b = e.own.leaf(b, a)
		}
		return outcome{status: OK, tree: LeafOf(b), size: 1}
	})
}

// follow combines what the leaves of t come to (Namer.scala, bind).
func follow[T any](e *evaluation, t NameTree[T], depth int, leaf func(T) outcome) outcome {
	if depth > e.in.maxDepth {
		return e.in.tooDeep()
	}
	switch t.Op {
	case Leaf:
		return leaf(t.Leaf)
	case Fail, Empty:
		return outcome{status: OK, tree: NameTree[*Bound]{Op: t.Op}, size: 1}
	case Alt:
		return followAlt(e, t, depth, leaf)
	case Union:
		return followUnion(e, t, depth, leaf)
	}
	return negative()
}

// followAlt gives the first alternate that is not Neg.
func followAlt[T any](e *evaluation, t NameTree[T], depth int, leaf func(T) outcome) outcome {
	partial := false
	for _, sub := range t.Sub {
		out := follow(e, sub, depth, leaf)
		partial = partial || out.partial
		if out.status != OK || out.tree.Op != Neg {
			out.partial = partial
			return out
		}
	}
	out := negative()
	out.partial = partial
	return out
}

// followUnion gives the branches that are known and neither Neg nor Fail. It
// waits for those that are pending, each until its time is over.
func followUnion[T any](e *evaluation, t NameTree[T], depth int, leaf func(T) outcome) outcome {
	if len(t.Sub) == 1 {
		return follow(e, t.Sub[0], depth, leaf)
	}
	var u union
	var branches []NameTree[*Bound]
	all := outcome{size: 1}
	for _, sub := range t.Sub {
		out := follow(e, sub, depth, leaf)
		all.partial = all.partial || out.partial
		if out.until.After(all.until) {
			all.until = out.until
		}
		if out.status == Pending && all.err == nil {
			all.err = out.err
		}
		if u.add(out.status, out.tree.Op, out.err, e.now.Before(out.until)) {
			all.size += out.size
			branches = append(branches, out.tree.withWeight(sub.Weight))
		}
	}
	switch all.status = u.status(); all.status {
	case Pending:
		if u.changes() {
			e.again = all.until // unions around this one wait at least as long
		}
	case Failed:
		all.err = u.failed
	case OK:
		all.tree, all.err = UnionOf(branches...), nil
	}
	if all.size > e.in.maxSteps {
		e.spend(e.in.maxSteps)
		return e.in.tooMuch()
	}
	return all
}

func (e *evaluation) spend(steps int) bool {
	e.work += steps
	return e.work <= e.in.maxSteps
}

func (in *DefaultInterpreter) tooDeep() outcome {
	err := depthError(in.maxDepth)
	return outcome{status: Failed, err: err, partial: true}
}

func (in *DefaultInterpreter) tooMuch() outcome {
	err := fmt.Errorf("name lookup takes more than %d steps: the dtab rewrites it into too many names", in.maxSteps)
	return outcome{status: Failed, err: err, partial: true}
}

// depthError has Linkerd's text.
type depthError int

func (e depthError) Error() string {
	return fmt.Sprintf("Max recursion level: %d reached in Namer lookup", int(e))
}
