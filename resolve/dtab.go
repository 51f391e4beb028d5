package resolve

import (
	"fmt"
	"strings"

	"github.com/meshhop/meshhop/internal/limits"
)

// Dentry is one rule of a dtab: names that begin with Prefix are read as Dst
// followed by the rest of the name.
type Dentry struct {
	Prefix Prefix
	Dst    NameTree[Path]
}

// String gives the entry's canonical text, such as "/svc=>/host".
func (e Dentry) String() string { return e.Prefix.String() + "=>" + ShowTree(e.Dst) }

// Dtab is a list of rules. A later one is tried before an earlier one.
type Dtab []Dentry

// ParseDtab reads dentries separated by ";". Empty text is an empty dtab, and
// empty entries are passed over. It fails as [ParsePath] does, with limits of
// 1 MiB and 10,000 entries.
func ParseDtab(s string) (Dtab, error) {
	p, err := newParser(s, "dtab", limits.DtabBytes)
	if err != nil {
		return nil, err
	}
	var d Dtab
	for {
		p.space()
		if c := p.peek(); p.pos < len(p.in) && c != ';' {
			if len(d) == limits.Dentries {
				return nil, fmt.Errorf("dtab has more than %d entries", limits.Dentries)
			}
			e, err := p.dentry()
			if err != nil {
				return nil, err
			}
			if d == nil {
				d = make(Dtab, 0, min(strings.Count(s, "=>"), len(s)/len("/=>/"), limits.Dentries))
			}
			d = append(d, e)
			p.space()
		}
		if !p.maybeEat(';') {
			break
		}
	}
	if err := p.end(); err != nil {
		return nil, err
	}
	return d, nil
}

// MustDtab is [ParseDtab] for constants; it panics where ParseDtab fails.
func MustDtab(s string) Dtab {
	d, err := ParseDtab(s)
	if err != nil {
		panic("resolve: MustDtab: " + err.Error())
	}
	return d
}

// dentry = prefix ws "=>" tree
func (p *parser) dentry() (Dentry, error) {
	prefix, err := p.prefix()
	if err != nil {
		return Dentry{}, err
	}
	p.space()
	if err := p.eat('='); err != nil {
		return Dentry{}, err
	}
	if err := p.eat('>'); err != nil {
		return Dentry{}, err
	}
	dst, err := p.tree(0)
	return Dentry{prefix, dst}, err
}

// String gives the canonical text: entries joined by ";", as it is sent in
// headers.
func (d Dtab) String() string {
	var b strings.Builder
	for i, e := range d {
		if i > 0 {
			b.WriteByte(';')
		}
		b.WriteString(e.Prefix.String())
		b.WriteString("=>")
		showTree(&b, e.Dst)
	}
	return b.String()
}

// Append gives the entries of d followed by more; d is not changed.
func (d Dtab) Append(more ...Dentry) Dtab {
	if len(more) == 0 {
		return d
	}
	return append(d[:len(d):len(d)], more...)
}

// Lookup rewrites p by one step. Every entry whose prefix matches contributes
// its Dst with the rest of p appended to each leaf; several are alternates,
// the last entry first. No match is Neg.
func (d Dtab) Lookup(p Path) NameTree[Path] {
	return (&dtabs{1: d}).lookup(p)
}

func (d *dtabs) lookup(p Path) NameTree[Path] {
	var first NameTree[Path]
	var alts []NameTree[Path]
	matches := 0
	for e := range d.reversed() {
		rest, ok := e.Prefix.cut(p)
		if !ok {
			continue
		}
		t := appendToLeaves(e.Dst, rest)
		switch matches++; matches {
		case 1:
			first = t
		case 2:
			alts = append(alts, first, t)
		default:
			alts = append(alts, t)
		}
	}
	if matches < 2 {
		return first
	}
	return AltOf(alts...)
}

func appendToLeaves(t NameTree[Path], rest Path) NameTree[Path] {
	switch {
	case rest.IsEmpty():
		return t
	case t.Op == Leaf:
		t.Leaf = t.Leaf.Append(rest)
		return t
	case len(t.Sub) == 0:
		return t
	}
	return MapTree(t, func(p Path) Path { return p.Append(rest) })
}
