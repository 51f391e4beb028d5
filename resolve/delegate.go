package resolve

import (
	"context"
	"errors"
	"time"
)

// Delegate implements [Delegator]. It asks the namers that Bind asks and takes
// their answers as they are, so for a name that is bound it tells why.
func (in *DefaultInterpreter) Delegate(ctx context.Context, d Dtab, p Path) (*Delegation, error) {
	return in.delegate(ctx, fullDtab{given: d}, p)
}

// DelegateOverrides implements [Overrider]. Entries that BindOverrides leaves out
// have no part in the explanation, but are told at its root.
func (in *DefaultInterpreter) DelegateOverrides(ctx context.Context, d Dtab, o Overrides, p Path) (*Delegation, error) {
	return in.delegate(ctx, fullDtab{given: d, overrides: &o}, p)
}

func (in *DefaultInterpreter) delegate(ctx context.Context, d fullDtab, p Path) (*Delegation, error) {
	wake := make(chan struct{}, 1)
	changed := func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	x := explanation{in: in, given: d, most: max(maxExplained, in.maxSteps)}
	if brief, ok := ctx.Value(briefly{}).(int); ok {
		x.most, x.brief = min(brief, x.most), true
	}
	x.given.base.changed = changed
	x.names.changed, x.bounds.changed, x.addrs.changed = changed, changed, changed
	in.shared.serve(&x.names)
	defer x.release()
	wait := time.NewTimer(0)
	defer wait.Stop()
	for {
		found := x.explain(p)
		if !x.pending {
			return found, nil
		}
		wait.Stop()
		if !x.again.IsZero() {
			wait.Reset(time.Until(x.again))
		}
		select {
		case <-wake:
		case <-wait.C: // a union has waited long enough
		case <-ctx.Done():
			return found, context.Cause(ctx)
		}
	}
}

// maxExplained bounds an explanation, in steps. It is more than Config.MaxSteps,
// as all alternates are expanded, and for people who run the hop: what strangers
// are told is brief.
const maxExplained = 10_000

type briefly struct{}

// WithBrevity returns a context in which Delegate follows no more than so many
// steps: for messages that show the beginning of an explanation. What such an
// explanation says its Result is does not hold.
func WithBrevity(ctx context.Context, steps int) context.Context {
	return context.WithValue(ctx, briefly{}, steps)
}

// explanation builds a Delegation over answers as they are now.
type explanation struct {
	in     *DefaultInterpreter
	given  fullDtab
	dtab   dtabs // as of now
	own    *overriding
	now    time.Time
	again  time.Time // see evaluation
	names  deps[lookupKey, NameTree[Name]]
	bounds deps[transformKey, NameTree[*Bound]]
	addrs  deps[Path, Replicas]

	open    map[Path]bool
	nodes   int
	most    int  // nodes
	brief   bool // nobody asks for the result
	pending bool // something was not known
}

// transformKey is what a transformer was asked to change: a replica set, or a
// whole tree.
type transformKey struct {
	transformer  int
	id, residual Path
	tree         string // tells whole trees apart; empty for a replica set
}

func (x *explanation) explain(p Path) *Delegation {
	dtab, base, known := x.given.now(x.in)
	if !known {
		x.pending = base.status == Pending
		d := &Delegation{Kind: KindException, Path: p, Err: base.err, Pending: x.pending}
		if x.pending {
			d.Err = errPending{}
		}
		return d
	}
	x.dtab = dtab
	x.names.begin()
	x.bounds.begin()
	x.addrs.begin()
	x.open, x.nodes, x.pending = make(map[Path]bool), 0, false
	x.now, x.own = time.Now(), x.given.own()
	e := evaluation{in: x.in, dtab: x.dtab, deps: &x.names, now: x.now, own: x.own}
	var out outcome
	if !x.brief || len(x.in.transformers) > 0 || x.own != nil && x.own.Allows != nil {
		out = e.run(p)
	}
	x.again = e.again
	found := x.whole(p, x.name(p, nil, 0), out)
	result := x.result(out)
	found.LeftOut = out.leftOut
	found.Base, found.truncated, found.result = dtab[0], x.nodes > x.most, &result
	x.names.sweep()
	x.bounds.sweep()
	x.addrs.sweep()
	return found
}

func (x *explanation) tooMuch() error {
	if x.brief {
		return errNotFollowed
	}
	return x.in.tooMuch().err
}

var errNotFollowed = errors.New("not followed any further here")

func (x *explanation) release() {
	x.given.base.release()
	x.names.release()
	x.bounds.release()
	x.addrs.release()
}

// name explains p, which the rule from led to.
func (x *explanation) name(p Path, from *Dentry, depth int) *Delegation {
	x.nodes += x.dtab.stepsOf(p)
	switch {
	case x.nodes > x.most:
		return &Delegation{Kind: KindException, Path: p, Dentry: from, Err: x.tooMuch()}
	case x.open[p] || depth >= x.in.maxDepth:
		return &Delegation{Kind: KindException, Path: p, Dentry: from, Err: x.in.tooDeep().err}
	}
	x.open[p] = true
	defer delete(x.open, p)

	var found []*Delegation
	for rule := range x.dtab.reversed() {
		rest, ok := rule.Prefix.cut(p)
		if !ok || x.own.isOut(rule) {
			continue
		}
		if x.nodes > x.most {
			break
		}
		dst := appendToLeaves(rule.Dst, rest)
		found = append(found, explainTree(x, p, rule, dst, func(next Path) *Delegation {
			return x.name(next, rule, depth+1)
		}))
	}
	switch {
	case len(found) == 0:
		return x.asked(p, from, depth)
	case len(found) == 1 && found[0].Kind == KindNeg && found[0].Explicit:
		// A rule that says "no such name" leaves the name to the namers.
		if asked := x.asked(p, from, depth); asked.Kind != KindNeg {
			found = append(found, asked)
		}
	}
	if len(found) == 1 {
		return &Delegation{Kind: KindDelegate, Path: p, Dentry: from, Delegate: found[0]}
	}
	return &Delegation{Kind: KindAlt, Path: p, Dentry: from, Branches: found}
}

// asked explains what the namers say of p.
func (x *explanation) asked(p Path, from *Dentry, depth int) *Delegation {
	x.nodes += questionCost
	var a answer
	var asked []Answer
	x.in.ask(p, &x.names, func(said answer) {
		if a = said; !a.namer.IsEmpty() {
			asked = append(asked, Answer{Namer: a.namer, Status: a.Status, Op: a.Value.Op, Err: a.Err, Since: a.Since, Source: a.source()})
		}
	})
	var d *Delegation
	switch {
	case a.Status == Pending:
		x.pending = true
		d = &Delegation{Kind: KindException, Path: p, Dentry: from, Pending: true, Err: errPending{a.Err}}
		if wait := x.in.unionWait; !x.now.Before(a.Since.Add(wait)) {
			d.PassedOver = wait
		}
	case a.Status == Failed:
		d = &Delegation{Kind: KindException, Path: p, Dentry: from, Err: a.Err}
	case a.Value.Op == Neg:
		d = &Delegation{Kind: KindNeg, Path: p, Dentry: from}
	default:
		d = explainTree(x, p, from, a.Value, func(n Name) *Delegation {
			if n.Bound == nil {
				return x.name(n.Path, from, depth+1)
			}
			b := n.Bound
			if !a.absolute {
				b = below(a.namer, b)
			}
			return x.bound(p, from, b, 0)
		})
	}
	d.Namer, d.Answered, d.Asked, d.Source = a.namer, a.Since, asked, a.source()
	return d
}

// bound explains a replica set and what transformers from number first on make
// of it.
func (x *explanation) bound(p Path, from *Dentry, b *Bound, first int) *Delegation {
	state := x.state(b)
	if first == len(x.in.transformers) {
		return &Delegation{Kind: KindLeaf, Path: p, Dentry: from, Bound: state}
	}
	t := x.in.transformers[first]
	s := x.bounds.get(transformKey{transformer: first, id: b.ID, residual: b.Residual}, func() *Activity[NameTree[*Bound]] {
		return x.in.transform(t, Const(LeafOf(b)))
	})
	return &Delegation{
		Kind: KindTransformation, Path: p, Dentry: from,
		Bound: state, Transformer: transformerName(t), Delegate: x.transformed(p, from, s, first+1),
	}
}

// explainTree explains a tree that rule led to; leaf explains its leaves.
func explainTree[T any](x *explanation, p Path, rule *Dentry, t NameTree[T], leaf func(T) *Delegation) *Delegation {
	x.nodes++
	d := &Delegation{Path: p, Dentry: rule}
	switch t.Op {
	case Leaf:
		d = leaf(t.Leaf)
	case Fail:
		d.Kind = KindFail
	case Empty:
		d.Kind = KindEmpty
	case Alt, Union:
		d.Kind = KindAlt
		if t.Op == Union {
			d.Kind = KindUnion
		}
		for _, sub := range t.Sub {
			if x.nodes > x.most {
				break
			}
			branch := explainTree(x, p, rule, sub, leaf)
			branch.Weight = sub.Weight
			d.Branches = append(d.Branches, branch)
		}
	default:
		d.Kind, d.Explicit = KindNeg, true
	}
	return d
}

// errPending says what has gone wrong so far, if anything has.
type errPending struct{ why error }

func (e errPending) Error() string {
	if e.why != nil {
		return "no answer yet: " + e.why.Error()
	}
	return "no answer yet"
}

func (e errPending) Unwrap() error { return e.why }
