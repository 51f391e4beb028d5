package resolve

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxNesting bounds the groups within groups in a tree; package limits has the other
// bounds on what the parsers take.
const maxNesting = 64

// ParseError says where a text stopped making sense. Its message is the one
// of Linkerd (NameTreeParsers.scala).
type ParseError struct {
	Input    string
	Pos      int    // byte offset in Input
	Expected string // "'/'", "label char", "end of input", ...
	Found    string // "'i'", "end of input"
}

func (e *ParseError) Error() string {
	before, at, after := e.Input, "", ""
	if e.Pos < len(e.Input) {
		_, size := utf8.DecodeRuneInString(e.Input[e.Pos:])
		before, at, after = e.Input[:e.Pos], e.Input[e.Pos:e.Pos+size], e.Input[e.Pos+size:]
	}
	return fmt.Sprintf("%s expected but %s found at '%s[%s]%s'", e.Expected, e.Found, before, at, after)
}

const endOfInput = "end of input"

// parser is a cursor over one text, its own copy: the names in it are parts of
// that, and keep nothing else in memory.
type parser struct {
	in  string
	pos int
}

func newParser(s, what string, limit int) (*parser, error) {
	if len(s) > limit {
		return nil, fmt.Errorf("%s of %d bytes is longer than the limit of %d", what, len(s), limit)
	}
	return &parser{in: strings.Clone(s)}, nil
}

// peek gives the next byte, 0 at the end of the text. A 0 byte in the text is
// legal nowhere, so the two need not be told apart but in messages.
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

// end eats white space and wants nothing after it.
func (p *parser) end() error {
	p.space()
	if p.pos < len(p.in) {
		return p.expected(endOfInput)
	}
	return nil
}

// expected is the error for what stands at the cursor.
func (p *parser) expected(what string) error {
	found := endOfInput
	if p.pos < len(p.in) {
		_, size := utf8.DecodeRuneInString(p.in[p.pos:])
		found = "'" + p.in[p.pos:p.pos+size] + "'"
	}
	return &ParseError{Input: p.in, Pos: p.pos, Expected: what, Found: found}
}

// space eats white space and comments, which end with their line.
func (p *parser) space() {
	for p.pos < len(p.in) {
		if c := p.in[p.pos]; c > ' ' && c < utf8.RuneSelf && c != '#' {
			return
		}
		if p.in[p.pos] == '#' {
			for p.pos < len(p.in) && p.in[p.pos] != '\n' {
				p.pos++
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(p.in[p.pos:])
		if !isSpace(r) {
			return
		}
		p.pos += size
	}
}

// isSpace is Java's Character.isWhitespace: unlike Unicode's White_Space it
// leaves out the no-break spaces and takes the four separators below 0x20.
func isSpace(r rune) bool {
	switch {
	case r < 0x80:
		return r == ' ' || '\t' <= r && r <= '\r' || 0x1c <= r && r <= 0x1f
	case r == 0x85, r == 0xa0, r == 0x2007, r == 0x202f:
		return false
	}
	return unicode.IsSpace(r)
}
