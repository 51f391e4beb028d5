package resolve

import (
	"strings"

	"github.com/meshhop/meshhop/internal/limits"
)

// Prefix is the left side of a dentry: a path in which an element may be "*",
// which matches any one label. Prefixes are comparable with ==, and the zero
// value "/" matches every path.
type Prefix struct {
	// text is as in Path. A "*" that is a label would be escaped, so a literal
	// one is the wildcard.
	text string
}

// ParsePrefix reads a prefix. It fails as [ParsePath] does.
func ParsePrefix(s string) (Prefix, error) {
	p, err := newParser(s, "prefix", limits.TextBytes)
	if err != nil {
		return Prefix{}, err
	}
	prefix, err := p.prefix()
	if err != nil {
		return Prefix{}, err
	}
	return prefix, p.end()
}

// PrefixOf is a prefix without wildcards.
func PrefixOf(p Path) Prefix { return Prefix(p) }

// prefix = ws "/" [ elem { "/" elem } ] ;  elem = "*" | label
func (p *parser) prefix() (Prefix, error) {
	p.space()
	start := p.pos
	if err := p.eat('/'); err != nil {
		return Prefix{}, err
	}
	if c := p.peek(); !isLabelChar(c) && c != '*' {
		return Prefix{}, nil
	}
	for {
		if !p.maybeEat('*') {
			if err := p.label(); err != nil {
				return Prefix{}, err
			}
		}
		if !p.maybeEat('/') {
			break
		}
	}
	return Prefix{p.text(start)}, nil
}

// String gives the canonical text.
func (x Prefix) String() string { return Path(x).String() }

// Len is the number of elements.
func (x Prefix) Len() int { return Path(x).Len() }

// Matches says whether p begins with labels that x matches one by one.
func (x Prefix) Matches(p Path) bool {
	_, ok := x.cut(p)
	return ok
}

// cut gives what of p follows the labels that x matches.
func (x Prefix) cut(p Path) (rest Path, ok bool) {
	pattern, text := x.text, p.text
	for {
		star := strings.IndexByte(pattern, '*')
		if star < 0 {
			if !(Path{text}).HasPrefix(Path{pattern}) {
				return Path{}, false
			}
			return Path{text[len(pattern):]}, true
		}
		if !strings.HasPrefix(text, pattern[:star]) {
			return Path{}, false
		}
		pattern = pattern[star+1:]
		text = Path{text[star-1:]}.Drop(1).text
	}
}
