package pathmatch

import (
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

// segment is one segment of a [Matcher].
type segment struct {
	any   bool
	texts []string // what is written: before, between and after the captures
	names []string // of the captures, one less than texts
}

// segment = "*" | 1*( label char | "{" name "}" )
func (p *parser) segment() (segment, error) {
	if p.maybeEat('*') {
		return segment{any: true}, nil
	}
	var s segment
	var text strings.Builder
	start, odd := p.pos, -1
	for {
		at := p.pos
		switch c := p.peek(); {
		case c == '{':
			name, err := p.captureName()
			if err != nil {
				return s, err
			}
			s.texts, s.names = append(s.texts, text.String()), append(s.names, name)
			text.Reset()
			continue
		case showable(c):
			p.pos++
		case c == '\\':
			if err := p.escape(); err != nil {
				return s, err
			}
		case at > start && (at == len(p.in) || c == '/'):
			s.texts = append(s.texts, text.String())
			if len(s.names) == 0 {
				s.texts[0] = resolve.Path{}.AppendLabel(s.texts[0]).String()[1:]
			} else if odd >= 0 {
				// A label with such a byte is printed as nothing but escapes.
				p.pos = odd
				return s, p.expected("label char that needs no escape, as there is a capture,")
			}
			return s, nil
		default:
			return s, p.expected("label char, '{' or '*' alone")
		}
		raw := rawByte(p.in[at:p.pos])
		if odd < 0 && !showable(raw[0]) {
			odd = at
		}
		text.WriteString(raw)
	}
}

// captureName = 1*( letter | digit | "." | ":" | "_" | "-" ), in braces
func (p *parser) captureName() (string, error) {
	p.pos++
	start := p.pos
	for c := p.peek(); c != '#' && c != '$' && c != '%' && showable(c); c = p.peek() {
		p.pos++
	}
	if p.pos == start {
		return "", p.expected("name of a capture")
	}
	name := p.in[start:p.pos]
	return name, p.eat('}')
}

// match adds what the segment captures of a label to vars.
func (s segment) match(label string, vars map[string]string) bool {
	if s.any {
		return true
	}
	if len(s.names) == 0 {
		return label == s.texts[0]
	}
	at := strings.Index(label, s.texts[0])
	if at < 0 {
		return false
	}
	rest := label[at+len(s.texts[0]):]
	// The last capture ends at the last place where the text after it stands,
	// the one before it at the last place before that, and so on: so every
	// one reaches as far as it can.
	ends := make([]int, len(s.names))
	to := len(rest)
	for i := len(s.names) - 1; i >= 0; i-- {
		to = strings.LastIndex(rest[:to], s.texts[i+1])
		if to < 0 {
			return false
		}
		ends[i] = to
	}
	from := 0
	for i, name := range s.names {
		vars[name] = rest[from:ends[i]]
		from = ends[i] + len(s.texts[i+1])
	}
	return true
}
