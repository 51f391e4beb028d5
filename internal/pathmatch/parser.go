package pathmatch

import (
	"unicode/utf8"

	"github.com/meshhop/meshhop/resolve"
)

// parser is a cursor over a pattern.
type parser struct {
	in  string
	pos int
}

// peek gives the next byte, 0 at the end.
func (p *parser) peek() byte {
	if p.pos < len(p.in) {
		return p.in[p.pos]
	}
	return 0
}

func (p *parser) maybeEat(c byte) bool {
	if p.pos < len(p.in) && p.in[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

func (p *parser) eat(c byte) error {
	if !p.maybeEat(c) {
		return p.expected("'" + string(c) + "'")
	}
	return nil
}

// expected is the error for what stands at the cursor.
func (p *parser) expected(what string) error {
	found := "end of input"
	if p.pos < len(p.in) {
		_, size := utf8.DecodeRuneInString(p.in[p.pos:])
		found = "'" + p.in[p.pos:p.pos+size] + "'"
	}
	return &resolve.ParseError{Input: p.in, Pos: p.pos, Expected: what, Found: found}
}

// escape = "\x" HEX HEX
func (p *parser) escape() error {
	p.pos++
	if err := p.eat('x'); err != nil {
		return err
	}
	for range 2 {
		if c := p.peek(); !('0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F') {
			return p.expected("hex char")
		}
		p.pos++
	}
	return nil
}

// showable says whether c stands for itself in a label.
func showable(c byte) bool {
	text := string([]byte{c})
	return resolve.Path{}.AppendLabel(text).String() == "/"+text
}

// rawByte is the byte that stands in a label as text: itself, or escaped.
func rawByte(text string) string {
	if text[0] != '\\' {
		return text
	}
	return resolve.MustPath("/" + text).Label(0)
}
