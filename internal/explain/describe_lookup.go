package explain

import "github.com/meshhop/meshhop/resolve"

// whole describes an explanation from its root.
func (d *describer) whole(of *resolve.Delegation) *Node {
	if of.Transformer == "" || of.Bound != nil || len(of.Branches) != 1 {
		return d.name(of)
	}
	before, after := d.name(of.Branches[0]), d.part(of.Delegate, of.Path)
	before.Outcome, after.Outcome = OutcomeSkipped, OutcomeTaken
	n := &Node{Kind: KindTransformation, Transformer: of.Transformer, Branches: []*Node{before, after}}
	n.complete(of)
	return n
}

// name describes the node of a name that is looked up.
func (d *describer) name(of *resolve.Delegation) *Node {
	n := &Node{Kind: KindName, Name: of.Path.String()}
	circle := d.open[n.Name]
	d.open[n.Name] = true
	switch {
	case rewritten(of):
		n.Branches = []*Node{d.rule(of.Delegate, of.Path)}
	case of.Err == nil && of.Op == resolve.Alt && of.Namer.IsEmpty():
		for _, branch := range of.Branches {
			n.Branches = append(n.Branches, d.rule(branch, of.Path))
		}
	default:
		d.answered(n, of)
	}
	n.complete(of)
	n.outcomes()
	if circle {
		n.Why = "the dtab leads in a circle: " + n.Why
		return n
	}
	delete(d.open, n.Name)
	return n
}

// rule describes what an entry that matches name leads to; where the entry says
// that there is no such name, a namer's word can stand beside it.
func (d *describer) rule(of *resolve.Delegation, name resolve.Path) *Node {
	if len(of.Asked) > 0 && of.Path == name {
		n := &Node{Kind: KindName, Name: name.String()}
		d.answered(n, of)
		n.complete(of)
		return n
	}
	n := d.part(of, name)
	n.Rule = d.entry(of.Dentry)
	return n
}

// entry is where a rule stands. A rule that is in none of the dtabs is one that
// the interpreter has by itself.
func (d *describer) entry(rule *resolve.Dentry) *Entry {
	if rule == nil {
		return nil
	}
	if e := d.entries[rule]; e != nil {
		return e
	}
	e := &Entry{Text: ruleText(rule), From: FromInterpreter}
	d.entries[rule] = e
	return e
}

// answered describes what the namers say of a name.
func (d *describer) answered(n *Node, of *resolve.Delegation) {
	for _, a := range of.Asked {
		answer := Answer{Namer: a.Namer.String(), Said: saidBy(a), AgeMs: d.age(a.Since), Source: a.Source}
		if a.Status != resolve.OK && a.Err != nil {
			answer.Error = a.Err.Error()
		}
		n.Answers = append(n.Answers, answer)
	}
	if of.Err != nil || of.Op == resolve.Neg || of.Op == resolve.Empty || of.Op == resolve.Fail {
		return // that is all
	}
	n.Branches = []*Node{d.part(of, of.Path)}
}

func saidBy(a resolve.Reply) Result {
	switch a.Status {
	case resolve.Pending:
		return ResultPending
	case resolve.Failed:
		return ResultError
	}
	switch a.Op {
	case resolve.Neg:
		return ResultNeg
	case resolve.Empty:
		return ResultEmpty
	case resolve.Fail:
		return ResultFail
	}
	return ResultReplicas
}

// rewritten says whether a step is a name that one rule rewrites.
func rewritten(of *resolve.Delegation) bool {
	return of.Err == nil && of.Op == resolve.Leaf && of.Bound == nil && of.Transformer == ""
}

// part describes a part of a rule for name, or of a namer's answer.
func (d *describer) part(of *resolve.Delegation, name resolve.Path) *Node {
	n := &Node{}
	set := of.Err == nil && (of.Transformer != "" || of.Bound != nil)
	switch {
	case set && len(of.Asked) == 0: // what a transformer gives, no name that was looked up
		name = of.Path
	case of.Path != name, rewritten(of), of.Err != nil:
		return d.name(of)
	}
	switch {
	case of.Transformer != "":
		n.Kind, n.Replicas, n.Transformer = KindTransformation, d.replicas(of.Bound), of.Transformer
		n.Branches = []*Node{d.part(of.Delegate, of.Delegate.Path)}
	case of.Bound != nil:
		n.Kind, n.Replicas = KindReplicas, d.replicas(of.Bound)
	case of.Op == resolve.Alt, of.Op == resolve.Union:
		n.Kind = KindAlternates
		if of.Op == resolve.Union {
			n.Kind = KindUnion
		}
		for _, branch := range of.Branches {
			b := d.part(branch, name)
			if of.Op == resolve.Union {
				weight := branch.Weight
				b.Weight = &weight
			}
			n.Branches = append(n.Branches, b)
		}
	case of.Op == resolve.Empty:
		n.Kind, n.Name = KindEmpty, "$"
	case of.Op == resolve.Fail:
		n.Kind, n.Name = KindFail, "!"
	default:
		n.Kind, n.Name = KindNeg, "~"
	}
	n.complete(of)
	n.outcomes()
	return n
}

// complete says what a node comes to.
func (n *Node) complete(of *resolve.Delegation) {
	s := of.Result
	switch s.Status {
	case resolve.Pending:
		n.Result = ResultPending
	case resolve.Failed:
		n.Result = ResultError
	default:
		n.Result = resultOf(s.Value)
	}
	n.Why = n.reason(s.Err)
}

func resultOf(t resolve.NameTree[*resolve.Bound]) Result {
	for range t.Leaves() {
		return ResultReplicas
	}
	switch t.Op {
	case resolve.Neg:
		return ResultNeg
	case resolve.Fail:
		return ResultFail
	}
	return ResultEmpty
}

// outcomes says what becomes of the branches.
func (n *Node) outcomes() {
	switch {
	case n.Kind == KindUnion:
		n.unionOutcomes()
	case n.Kind == KindAlternates, n.Kind == KindName && len(n.Branches) > 1:
		outcome := OutcomeTaken
		for _, b := range n.Branches {
			if b.Outcome = outcome; outcome == OutcomeTaken && b.Result == ResultNeg {
				b.Outcome = OutcomeSkipped
			} else {
				outcome = OutcomeNotReached
			}
		}
	}
}

// unionOutcomes: what is not known, or no name, or told to fail, does not count.
func (n *Node) unionOutcomes() {
	for _, b := range n.Branches {
		b.Outcome = OutcomeDropped
		if b.Result == ResultReplicas || b.Result == ResultEmpty {
			b.Outcome = OutcomeTaken
		}
	}
}
