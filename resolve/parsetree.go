package resolve

import (
	"fmt"
	"strconv"

	"github.com/meshhop/meshhop/internal/limits"
)

// ParseTree reads a tree of paths, such as "/a | 0.1 * /b & 0.9 * /c". It
// fails as [ParsePath] does, and when groups nest deeper than 64.
func ParseTree(s string) (NameTree[Path], error) {
	p, err := newParser(s, "name tree", limits.TextBytes)
	if err != nil {
		return NameTree[Path]{}, err
	}
	t, err := p.tree(0)
	if err != nil {
		return NameTree[Path]{}, err
	}
	if err := p.end(); err != nil {
		return NameTree[Path]{}, err
	}
	return t, nil
}

// tree = union { "|" union }
func (p *parser) tree(depth int) (NameTree[Path], error) {
	if depth > maxNesting {
		return NameTree[Path]{}, fmt.Errorf("name tree has more than %d groups within each other", maxNesting)
	}
	first, err := p.union(depth)
	if err != nil {
		return NameTree[Path]{}, err
	}
	if p.space(); !p.maybeEat('|') {
		return first.unweighted(), nil // what is alone needs no slice
	}
	sub := []NameTree[Path]{first}
	for {
		t, err := p.union(depth)
		if err != nil {
			return NameTree[Path]{}, err
		}
		sub = append(sub, t)
		p.space()
		if !p.maybeEat('|') {
			return AltOf(sub...), nil
		}
	}
}

// union = weighted { "&" weighted }
func (p *parser) union(depth int) (NameTree[Path], error) {
	first, err := p.weighted(depth)
	if err != nil {
		return NameTree[Path]{}, err
	}
	if p.space(); !p.maybeEat('&') {
		return first.unweighted(), nil
	}
	sub := []NameTree[Path]{first}
	for {
		t, err := p.weighted(depth)
		if err != nil {
			return NameTree[Path]{}, err
		}
		sub = append(sub, t)
		p.space()
		if !p.maybeEat('&') {
			return UnionOf(sub...), nil
		}
	}
}

// weighted = [ number ws "*" ws ] simple
func (p *parser) weighted(depth int) (NameTree[Path], error) {
	p.space()
	weight := 1.0
	if isNumberChar(p.peek()) {
		var err error
		if weight, err = p.number(); err != nil {
			return NameTree[Path]{}, err
		}
		p.space()
		if err := p.eat('*'); err != nil {
			return NameTree[Path]{}, err
		}
	}
	t, err := p.simple(depth)
	return t.withWeight(weight), err
}

// simple = path | "!" | "~" | "$" | "(" tree ")"
func (p *parser) simple(depth int) (NameTree[Path], error) {
	p.space()
	switch p.peek() {
	case '(':
		p.pos++
		t, err := p.tree(depth + 1)
		if err != nil {
			return t, err
		}
		p.space()
		return t, p.eat(')')
	case '/':
		path, err := p.path()
		return LeafOf(path), err
	case '!':
		p.pos++
		return NameTree[Path]{Op: Fail}, nil
	case '~':
		p.pos++
		return NameTree[Path]{Op: Neg}, nil
	case '$':
		p.pos++
		return NameTree[Path]{Op: Empty}, nil
	}
	return NameTree[Path]{}, p.expected("simple")
}

func isNumberChar(c byte) bool { return '0' <= c && c <= '9' || c == '.' }

// number eats digits with at most one dot.
func (p *parser) number() (float64, error) {
	start := p.pos
	dots := 0
	for isNumberChar(p.peek()) {
		if p.peek() == '.' {
			if dots++; dots > 1 {
				return 0, p.expected("number char")
			}
		}
		p.pos++
	}
	w, err := strconv.ParseFloat(p.in[start:p.pos], 64)
	if err != nil {
		// As in Linkerd, the mark stands behind the number.
		found := "a number that is too large"
		if p.pos == start+1 {
			found = "'.'"
		}
		return 0, &ParseError{Input: p.in, Pos: p.pos, Expected: "weight", Found: found}
	}
	return w, nil
}
