package explain

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// step writes a node below what led to it: a name with what becomes of it, the
// rest of a rule or of an answer.
func (p *page) step(n *Node, column int) {
	switch n.Kind {
	case KindName:
		p.chain(n, column)
	case KindAlternates, KindUnion:
		p.branches(n, column+2)
	case KindReplicas:
		p.replicas(n.Replicas, column+2)
	case KindTransformation:
		p.replicas(n.Replicas, column+2)
		p.note(column+2, "then "+n.Transformer, n.Why)
		p.step(n.Branches[0], column)
	default:
		p.line(column+2, n.Why)
	}
}

// How much is shown of names that lead from one to the next.
const (
	chainHead = 8
	chainTail = 3
)

// chain writes a name and, as long as there is only one, those that it leads to.
func (p *page) chain(n *Node, column int) {
	all := []*Node{n}
	for next := n.only(); next != nil && next.Kind == KindName; next = next.only() {
		all = append(all, next)
	}
	for i, one := range all {
		if left := len(all) - chainTail - i; i == chainHead && left > 1 {
			p.line(column, fmt.Sprintf("... %d names more ...", left))
		}
		if i >= chainHead && i < len(all)-chainTail && len(all) > chainHead+chainTail+1 {
			continue
		}
		p.line(column, one.Name)
		p.inside(one, column+2, i == len(all)-1)
	}
}

// only is the one node that a name leads to by one rule.
func (n *Node) only() *Node {
	if len(n.Branches) == 1 && n.Branches[0].Rule != nil {
		return n.Branches[0]
	}
	return nil
}

// inside writes what becomes of a name; the names that it leads to only if it
// is the last of a chain.
func (p *page) inside(n *Node, column int, last bool) {
	if len(n.Branches) == 0 {
		p.line(column, n.Why)
		return
	}
	for _, a := range n.Answers {
		p.line(column, a.text())
	}
	if len(n.Branches) > 1 {
		p.branches(n, column)
		return
	}
	b := n.Branches[0]
	if b.Rule != nil {
		p.note(column, b.Rule.Text, b.Rule.where())
	}
	if last {
		p.step(b, column-2)
	}
}

// where is where an entry stands, in words.
func (e *Entry) where() string {
	text := "router's dtab"
	switch e.From {
	case FromRequest:
		text = "request's dtab"
	case FromInterpreter:
		text = "interpreter's dtab"
	}
	if e.Number > 0 {
		text += ", entry " + strconv.Itoa(e.Number)
	}
	if e.Place != "" {
		text += ", " + path.Base(e.Place)
	}
	return text
}

// branches writes alternates, or what has shares.
func (p *page) branches(n *Node, column int) {
	total := 0.0
	for _, b := range n.Branches {
		if b.Weight != nil && b.Fate == FateTaken {
			total += max(*b.Weight, 0)
		}
	}
	for i, b := range n.Branches {
		head := strconv.Itoa(i+1) + ". "
		if n.Kind == KindUnion {
			head = "-  "
			if b.Fate == FateTaken {
				head = percent(0) + "  "
				if total > 0 {
					head = percent(max(*b.Weight, 0)/total) + "  "
				}
			}
		}
		p.branch(b, column, head)
	}
}

// branch writes one of several.
func (p *page) branch(b *Node, column int, head string) {
	inner := column + len(head)
	label, remark := b.label(), b.fate()
	if b.Rule != nil {
		label, remark = b.Rule.Text, remark+": "+b.Rule.where()
	}
	p.note(column, head+label, remark)
	switch {
	case b.Fate == FateNotReached:
		p.line(inner, b.promise())
	case b.Rule != nil:
		p.step(b, inner)
	case b.Kind == KindName:
		p.inside(b, inner, true)
	case b.Kind == KindNeg, b.Kind == KindEmpty, b.Kind == KindFail:
		p.line(inner, b.Why)
	default:
		p.step(b, inner-2)
	}
}

// label is what a branch is called that is no rule.
func (n *Node) label() string {
	switch n.Kind {
	case KindAlternates:
		return "the first that exists of"
	case KindUnion:
		return "each with its share"
	case KindReplicas, KindTransformation:
		return "a set of replicas"
	}
	return n.Name
}

// fate is what becomes of a branch, in words.
func (n *Node) fate() string {
	if n.Fate == FateDropped {
		return "left out"
	}
	return string(n.Fate)
}

// promise is what would be found at a node, in words.
func (n *Node) promise() string {
	switch n.Result {
	case ResultNeg:
		return "there is no such name"
	case ResultEmpty:
		return "nobody is there"
	case ResultFail:
		return "it is told to fail"
	case ResultError:
		return "it fails"
	case ResultPending:
		return "it is not known yet"
	}
	var ids []string
	for id := range n.sets() {
		if len(ids) == 2 {
			return "it would be " + strings.Join(ids, ", ") + " and others"
		}
		ids = append(ids, id)
	}
	return "it would be " + strings.Join(ids, ", ")
}

// sets are the IDs of the replica sets that a node comes to.
func (n *Node) sets() func(yield func(string) bool) {
	return func(yield func(string) bool) { n.eachSet(yield) }
}

func (n *Node) eachSet(yield func(string) bool) bool {
	if n.Kind == KindReplicas {
		return yield(n.Replicas.ID)
	}
	for _, b := range n.Branches {
		if b.Fate == FateNotReached || b.Fate == FateDropped || b.Fate == FatePassedOver {
			continue
		}
		if !b.eachSet(yield) {
			return false
		}
	}
	return true
}
