package resolve

// What follows writes the steps of an evaluation down, each in the step of its
// outcome. Where steps are not recorded it does nothing.

// ended is the outcome of a name or a part of a tree that leads no further.
func (e *evaluation) ended(at origin, out outcome) outcome {
	if e.rec == nil {
		return out
	}
	out.step = &Delegation{Path: at.path, Dentry: at.rule, Op: out.tree.Op, Explicit: out.status == OK && out.tree.Op == Neg}
	switch out.status {
	case Failed:
		out.step.Err = out.err
	case Pending:
		e.rec.pending = true
		out.step.Pending, out.step.Err = true, errPending{out.err}
		if !e.now.Before(out.until) {
			out.step.Skipped = e.in.unionWait
		}
	}
	return out.settled()
}

// composed is the outcome of an Alt or a Union.
func (e *evaluation) composed(at origin, op Op, out outcome, branches []*Delegation) outcome {
	if e.rec == nil {
		return out
	}
	out.step = &Delegation{Path: at.path, Dentry: at.rule, Op: op, Branches: branches}
	return out.settled()
}

// named is the outcome of a name that rules match.
func (e *evaluation) named(at origin, tried *alternates) outcome {
	switch {
	case e.rec == nil:
		return tried.out
	case len(tried.steps) == 0:
		return e.ended(at, e.tooMuch())
	case len(tried.steps) > 1:
		return e.composed(at, Alt, tried.out, tried.steps)
	}
	out := tried.out
	out.step = &Delegation{Path: at.path, Dentry: at.rule, Op: Leaf, Delegate: tried.steps[0]}
	return out.settled()
}

// beside is what the namers say of a name that no rule matches, or one that says Neg,
// beside which their answer stands unless it is Neg, too.
func (e *evaluation) beside(at origin, tried *alternates, asked outcome) outcome {
	if e.rec == nil || len(tried.steps) == 0 {
		return asked
	}
	if s := asked.step; s.Op != Neg || s.Err != nil {
		tried.add(asked)
	}
	return e.named(at, tried)
}

// ask asks the namers for p. Their replies are for the record.
func (e *evaluation) ask(p Path) (last answer, replies []Reply) {
	if e.rec == nil {
		return e.in.namers(p, e.deps), nil
	}
	e.in.ask(p, e.deps, func(a answer) {
		if last = a; !a.namer.IsEmpty() {
			replies = append(replies, Reply{Namer: a.namer, Status: a.Status, Op: a.Value.Op, Err: a.Err, Since: a.Since, Source: a.source()})
		}
	})
	return last, replies
}

// replied notes who gave the answer that an outcome is from.
func (e *evaluation) replied(out outcome, a answer, replies []Reply) outcome {
	if d := out.step; d != nil {
		d.Namer, d.Answered, d.Asked, d.Source = a.namer, a.Since, replies, a.source()
		d.Explicit = d.Explicit && a.Value.Op != Neg // "no such name" is the absence of an answer
	}
	return out
}

// settled has the step say what the outcome is.
func (o outcome) settled() outcome {
	o.step.Result = State[NameTree[*Bound]]{Status: o.status, Value: o.tree, Err: o.err}
	return o
}

// full says that nothing more is to be recorded.
func (e *evaluation) full() bool { return e.rec != nil && e.work > e.most }

// bound records a replica set and what the interpreter's transformers from number
// first on make of it.
func (x *explanation) bound(e *evaluation, at origin, b *Bound, first int) outcome {
	set := x.snapshot(b)
	step := &Delegation{Path: at.path, Dentry: at.rule, Op: Leaf, Bound: set}
	out := outcome{status: OK, tree: LeafOf(set), size: 1}
	if first < len(x.in.transformers) {
		t := x.in.transformers[first]
		s := x.bounds.get(transformKey{transformer: first, id: b.ID, residual: b.Residual}, func() *Activity[NameTree[*Bound]] {
			return x.in.transform(t, Const(LeafOf(b)))
		})
		out = x.transformed(e, at, s, first+1)
		step.Transformer, step.Delegate = transformerName(t), out.step
	}
	out.step = step
	return out.settled()
}

// transformed records the outcome of a transformer, which those from number next on
// are still to change.
func (x *explanation) transformed(e *evaluation, at origin, s State[NameTree[*Bound]], next int) outcome {
	switch s.Status {
	case Pending:
		return e.ended(at, outcome{status: Pending, err: s.Err, until: e.now.Add(x.in.unionWait)})
	case Failed:
		return e.ended(at, outcome{status: Failed, err: s.Err})
	}
	return follow(e, at, s.Value, func(b *Bound) outcome {
		return x.bound(e, origin{b.ID, at.rule}, b, next)
	})
}
