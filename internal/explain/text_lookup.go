package explain

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// The way that is taken runs down the page; what was tried before it is told
// further in, and what was not reached in one line.

// How much is shown of a long way.
const (
	wayHead = 8
	wayTail = 3
)

// way writes a node and what is taken from it on.
func (p *page) way(n *Node, column int) {
	var names []*Node // each with what is taken from it
	for next := n; next != nil; next = next.next() {
		if next.Kind == KindName {
			names = append(names, next)
		}
	}
	last := ""
	for at := 0; n != nil; n = n.next() {
		if n.Kind == KindName {
			at++
			if n.Name == last && n.Rule == nil { // what a namer says beside a rule
				p.inside(n, column+2)
				continue
			}
			last = n.Name
		}
		if left := len(names) - wayHead - wayTail; left > 1 && at > wayHead && at <= wayHead+left {
			if n.Kind == KindName && at == wayHead+1 {
				p.line(column, fmt.Sprintf("... %d more names ...", left))
			}
			continue
		}
		p.stop(n, column)
	}
}

// next is what is taken of a node, nil at the end of the way and where it parts.
func (n *Node) next() *Node {
	if n.Kind == KindUnion {
		return nil
	}
	for _, b := range n.Branches {
		if b.Outcome == OutcomeTaken || b.Outcome == "" {
			return b
		}
	}
	return nil
}

// stop writes one node of a way, without what is taken of it.
func (p *page) stop(n *Node, column int) {
	switch n.Kind {
	case KindName:
		p.line(column, n.Name)
		p.inside(n, column+2)
	case KindAlternates:
		if n.Rule == nil { // else they stand below the rule
			p.tried(n, column+2)
		}
	case KindUnion:
		p.parts(n, column+2)
	case KindReplicas:
		p.line(column+2, n.Replicas.text())
	case KindTransformation:
		if n.Replicas == nil {
			p.way(n.Branches[0], column)
			p.line(column+2, "then "+n.Transformer)
			break
		}
		p.line(column+2, n.Replicas.text())
		text := "then " + n.Transformer
		if n.Why != "" && n.Replicas.reason() == "" {
			text = n.Why
		}
		p.line(column+2, text)
	default:
		p.line(column+2, n.Why)
	}
}

// inside writes what becomes of a name: what the namers said, or by which rule
// it is read.
func (p *page) inside(n *Node, column int) {
	if len(n.Branches) == 0 && len(n.Answers) < 2 {
		p.line(column, n.Why)
		return
	}
	for _, a := range n.Answers {
		p.line(column, a.text())
	}
	p.tried(n, column)
}

// tried writes the alternates of a node, of the one that is taken only its
// rule.
func (p *page) tried(n *Node, column int) {
	for _, b := range n.Branches {
		label, where := b.label(), ""
		if b.Rule != nil {
			label, where = b.Rule.Text, b.Rule.where()
		}
		switch b.Outcome {
		case OutcomeSkipped:
			p.rule(b, column, "passed over: "+label, where)
			p.digression(b, column+2)
		case OutcomeNotReached:
			p.note(column, "not reached: "+label, where)
			if sets := b.promise(); sets != "" {
				p.line(column+4, sets)
			}
		default:
			if b.Rule != nil {
				p.rule(b, column, label, where)
			}
		}
	}
}

// rule writes the rule of a branch with the alternates that it has.
func (p *page) rule(b *Node, column int, label, where string) {
	p.note(column, label, where)
	if b.Kind == KindAlternates {
		p.tried(b, column+2)
	}
}

// digression writes what is at the end of a branch whose label is written.
func (p *page) digression(b *Node, column int) {
	if b.Kind != KindName || b.Rule != nil {
		p.way(b, column)
		return
	}
	p.inside(b, column+2)
	if next := b.next(); next != nil {
		p.way(next, column)
	}
}

// parts writes the branches of a union.
func (p *page) parts(n *Node, column int) {
	total := 0.0
	for _, b := range n.Branches {
		if b.Outcome == OutcomeTaken {
			total += max(*b.Weight, 0)
		}
	}
	for _, b := range n.Branches {
		head := "left out: "
		if b.Outcome == OutcomeTaken {
			head = percent(0) + " to "
			if total > 0 {
				head = percent(max(*b.Weight, 0)/total) + " to "
			}
		}
		p.line(column, head+b.label())
		p.digression(b, column+2)
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

// label is what a branch is called that no rule is written for.
func (n *Node) label() string {
	switch n.Kind {
	case KindAlternates:
		return "the first that exists of several"
	case KindUnion:
		return "several with a share each"
	case KindReplicas, KindTransformation:
		if n.Replicas != nil {
			return n.Replicas.ID
		}
	}
	return n.Name
}

// promise is what replicas would be found at a node that is not reached.
func (n *Node) promise() string {
	if n.Result != ResultReplicas {
		return ""
	}
	var ids []string
	for id := range n.sets() {
		if len(ids) == 2 {
			ids = append(ids, "...")
			break
		}
		ids = append(ids, id)
	}
	return "would be " + strings.Join(ids, ", ")
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
		if (b.Outcome == OutcomeTaken || b.Outcome == "") && !b.eachSet(yield) {
			return false
		}
	}
	return true
}
