package resolve

import "strings"

// isLabelChar says whether c can begin or continue a label.
func isLabelChar(c byte) bool { return showable(c) || c == '\\' }

// path = ws "/" [ label { "/" label } ]
func (p *parser) path() (Path, error) {
	p.space()
	start := p.pos
	if err := p.eat('/'); err != nil {
		return Path{}, err
	}
	if !isLabelChar(p.peek()) {
		return Path{}, nil
	}
	for {
		if err := p.label(); err != nil {
			return Path{}, err
		}
		if !p.maybeEat('/') {
			break
		}
	}
	return Path{p.text(start)}, nil
}

// text is the canonical form of the path or prefix from start to the cursor.
func (p *parser) text(start int) string {
	text := p.in[start:p.pos]
	if strings.IndexByte(text, '\\') >= 0 {
		text = canonicalText(text)
	}
	return text
}

// label eats one label.
func (p *parser) label() error {
	for first := true; first || isLabelChar(p.peek()); first = false {
		switch c := p.peek(); {
		case showable(c):
			p.pos++
		case c == '\\':
			if err := p.escape(); err != nil {
				return err
			}
		default:
			return p.expected("label char")
		}
	}
	return nil
}

// escape = "\x" HEX HEX
func (p *parser) escape() error {
	p.pos++
	if err := p.eat('x'); err != nil {
		return err
	}
	for range 2 {
		if _, ok := hexDigit(p.peek()); !ok {
			return p.expected("hex char")
		}
		p.pos++
	}
	return nil
}

// canonicalText rewrites the labels of a path or prefix that has been parsed,
// so that each is escaped as a whole or not at all.
func canonicalText(text string) string {
	labels := strings.Split(text, "/")
	for i, l := range labels {
		if strings.IndexByte(l, '\\') >= 0 {
			labels[i] = showLabel(unescape(l))
		}
	}
	return strings.Join(labels, "/")
}

// unescape gives the raw bytes of a label that mixes plain and escaped bytes.
func unescape(l string) string {
	b := make([]byte, 0, len(l))
	for i := 0; i < len(l); i++ {
		if l[i] != '\\' {
			b = append(b, l[i])
			continue
		}
		hi, _ := hexDigit(l[i+2])
		lo, _ := hexDigit(l[i+3])
		b = append(b, hi<<4|lo)
		i += 3
	}
	return string(b)
}
