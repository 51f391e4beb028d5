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

// evaluation follows one name once, over answers as they are now. It binds the
// name, or records the steps that lead to what it is bound to: then all alternates
// are tried, also those behind the one that counts.
type evaluation struct {
	in   *DefaultInterpreter
	dtab dtabs
	deps *deps[lookupKey, NameTree[Name]]
	now  time.Time
	memo map[Path]outcome // empty while steps are recorded
	open map[Path]bool    // names that are being looked up, outermost to innermost
	work int
	most int          // work beyond it is refused
	own  *overriding  // nil: no entry is a request's own
	rec  *explanation // nil: steps are not recorded
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
	out := e.name(origin{}, p, 0)
	if e.work > e.most {
		return e.tooMuch()
	}
	return out
}

// origin is where a tree is from: the name that was looked up, and the rule that led
// to that name, or for the tree of a rule the rule itself. Records show it.
type origin struct {
	path Path
	rule *Dentry // nil: none
}

// name follows p, which was reached from there after depth rewrites.
func (e *evaluation) name(from origin, p Path, depth int) outcome {
	if out, ok := e.memo[p]; ok {
		return out
	}
	at := origin{p, from.rule}
	if e.open[p] || depth >= e.in.maxDepth {
		// An open name would come back here for ever, so need not be followed.
		return e.ended(at, e.in.tooDeep())
	}
	if !e.spend(e.dtab.stepsOf(p)) {
		return e.ended(at, e.tooMuch())
	}
	if e.open == nil {
		e.open, e.memo = make(map[Path]bool), make(map[Path]outcome)
	}
	e.open[p] = true
	out := e.step(at, depth)
	delete(e.open, p)
	if !out.partial && e.rec == nil {
		e.memo[p] = out
	}
	return out
}

// step looks a name up and follows what that gives: [Dtab.Lookup] without its tree,
// for what comes after the first alternate that is not Neg need not be made.
func (e *evaluation) step(at origin, depth int) outcome {
	tried := alternates{out: negative(), all: e.rec != nil}
	matches, says := 0, Neg
	// [dtabs.reversed] by hand: through an iterator a wide dtab takes a tenth longer.
	for i := len(e.dtab) - 1; i >= 0; i-- {
		for j := len(e.dtab[i]) - 1; j >= 0; j-- {
			rule := &e.dtab[i][j]
			rest, ok := rule.Prefix.cut(at.path)
			if !ok || e.own.isOut(rule) {
				continue
			}
			matches++
			says = rule.Dst.Op
			if !affords(e, rule.Dst) {
				tried.abort(e.tooMuch())
				return e.named(at, &tried)
			}
			by := rule
			if i < len(e.dtab)-1 {
				by = nil
			}
			to := origin{at.path, rule}
			if tried.add(follow(e, to, rule.Dst, func(p Path) outcome {
				return e.ledBy(by, e.name(to, p.Append(rest), depth+1))
			})) {
				return tried.out
			}
		}
	}
	if matches == 0 || matches == 1 && says == Neg {
		// A rule that says "no such name" leaves the name to the namers.
		return e.beside(at, &tried, e.asked(at, depth))
	}
	return e.named(at, &tried)
}

// asked follows what the namers say of a name.
func (e *evaluation) asked(at origin, depth int) outcome {
	if !e.spend(questionCost) {
		return e.ended(at, e.tooMuch())
	}
	a, replies := e.ask(at.path)
	var out outcome
	switch {
	case a.Status == Pending:
		out = e.ended(at, outcome{status: Pending, until: a.Since.Add(e.in.unionWait), err: a.Err})
	case a.Status == Failed:
		out = e.ended(at, outcome{status: Failed, err: a.Err})
	case a.Value.Op == Neg && e.rec != nil:
		out = e.ended(at, negative())
	case !affords(e, a.Value):
		return e.ended(at, e.tooMuch())
	default:
		out = follow(e, at, a.Value, func(n Name) outcome {
			if n.Bound == nil {
				return e.name(at, n.Path, depth+1)
			}
			b := n.Bound
			if !a.absolute {
				b = below(a.namer, b)
			}
			return e.bound(at, a, b)
		})
	}
	return e.replied(out, a, replies)
}

// bound is the outcome of a replica set that a namer answered with.
func (e *evaluation) bound(at origin, a answer, b *Bound) outcome {
	switch {
	case e.rec != nil:
		return e.rec.bound(e, at, b, 0)
	case e.own != nil:
		b = e.own.leaf(b, a)
	}
	return outcome{status: OK, tree: LeafOf(b), size: 1}
}

// follow combines what the leaves of t come to (Namer.scala, bind).
func follow[T any](e *evaluation, at origin, t NameTree[T], leaf func(T) outcome) outcome {
	if e.rec != nil {
		e.spend(1)
	}
	switch t.Op {
	case Leaf:
		return leaf(t.Leaf)
	case Fail, Empty:
		return e.ended(at, outcome{status: OK, tree: NameTree[*Bound]{Op: t.Op}, size: 1})
	case Alt:
		return followAlt(e, at, t, leaf)
	case Union:
		return followUnion(e, at, t, leaf)
	}
	return e.ended(at, negative())
}

// followAlt gives the first alternate that is not Neg.
func followAlt[T any](e *evaluation, at origin, t NameTree[T], leaf func(T) outcome) outcome {
	tried := alternates{out: negative(), all: e.rec != nil}
	for _, sub := range t.Sub {
		if e.full() || tried.add(follow(e, at, sub, leaf)) {
			break
		}
	}
	return e.composed(at, t.Op, tried.out, tried.steps)
}

// followUnion gives the branches that are known and neither Neg nor Fail. It
// waits for those that are pending, each until its time is over.
func followUnion[T any](e *evaluation, at origin, t NameTree[T], leaf func(T) outcome) outcome {
	if len(t.Sub) == 1 {
		return follow(e, at, t.Sub[0], leaf)
	}
	var u union
	var branches []NameTree[*Bound]
	var steps []*Delegation
	all := outcome{size: 1}
	for _, sub := range t.Sub {
		if e.full() {
			break
		}
		out := follow(e, at, sub, leaf)
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
		if out.step != nil {
			out.step.Weight = sub.Weight
			steps = append(steps, out.step)
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
	if all.size > e.most {
		e.spend(e.most)
		return e.ended(at, e.tooMuch())
	}
	return e.composed(at, t.Op, all, steps)
}

// spend reports whether so many steps more are allowed.
func (e *evaluation) spend(steps int) bool {
	e.work += steps
	return e.work <= e.most
}

// affords spends the steps of following a tree. A record pays for each node as it is
// written down, so that it shows the beginning of a tree that is too large.
func affords[T any](e *evaluation, t NameTree[T]) bool {
	if e.rec != nil {
		return !e.full()
	}
	return e.spend(t.size())
}

// tooMuch is the outcome of a name that takes too many steps.
func (e *evaluation) tooMuch() outcome {
	if e.rec != nil && e.rec.brief {
		return outcome{status: Failed, err: errNotFollowed, partial: true}
	}
	err := fmt.Errorf("name lookup takes more than %d steps: the dtab rewrites it into too many names", e.in.maxSteps)
	return outcome{status: Failed, err: err, partial: true}
}

func (in *DefaultInterpreter) tooDeep() outcome {
	return outcome{status: Failed, err: depthError(in.maxDepth), partial: true}
}

// depthError has Linkerd's text.
type depthError int

func (e depthError) Error() string {
	return fmt.Sprintf("Max recursion level: %d reached in Namer lookup", int(e))
}
