package config

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/meshhop/meshhop/resolve"
)

// Name reads a path such as /svc.
func (d *Decoder) Name(key string, absent resolve.Path) resolve.Path {
	n := d.scalar(key)
	if n == nil {
		return absent
	}
	p, err := resolve.ParsePath(n.text)
	if err != nil {
		d.unparsable(key, n, "a path", err)
		return absent
	}
	return p
}

// PathMatcher reads a pattern of names such as /{service}/api. An error points
// into it. It returns nil if the key is absent or wrong.
func (d *Decoder) PathMatcher(key string) *resolve.PathMatcher {
	n := d.scalar(key)
	if n == nil {
		return nil
	}
	m, err := resolve.ParsePathMatcher(n.text)
	if err != nil {
		d.unparsable(key, n, "a pattern", err)
	}
	return m
}

// Dtab reads a dtab. An error points into it.
func (d *Decoder) Dtab(key string) resolve.Dtab {
	n := d.scalar(key)
	if n == nil {
		return nil
	}
	dtab, err := resolve.ParseDtab(n.text)
	if err != nil {
		d.unparsable(key, n, "a dtab", err)
		return nil
	}
	return dtab
}

func (d *Decoder) unparsable(key string, n *node, what string, err error) {
	e := &Error{Position: d.position(n), Path: d.pathOf(key), Err: err}
	var parse *resolve.ParseError
	if errors.As(err, &parse) {
		pos := min(parse.Pos, len(n.text))
		if strings.TrimSpace(n.text[pos:]) == "" { // nothing comes any more: the end of what came
			pos = len(strings.TrimRight(n.text[:pos], " \t\n"))
		}
		e.Position = d.inside(n, pos)
		// The whole text may have many lines: only what is near is shown.
		e.Reason = "is not " + what + ": " + parse.Expected + " expected but " + parse.Found + " found " + near(n.text, pos)
	} else {
		e.Reason = "is not " + what + ": " + err.Error()
	}
	d.doc.report.error(e)
}

// near marks a byte of a text within its line.
func near(text string, pos int) string {
	start := strings.LastIndexByte(text[:pos], '\n') + 1
	end := len(text)
	if i := strings.IndexByte(text[pos:], '\n'); i >= 0 {
		end = pos + i
	}
	start, end = max(start, pos-maxShown), min(end, pos+maxShown)
	if pos == end {
		return "at the end of '" + strings.ToValidUTF8(text[start:end], "?") + "'"
	}
	_, size := utf8.DecodeRuneInString(text[pos:])
	return "at '" + strings.ToValidUTF8(text[start:pos]+"["+text[pos:pos+size]+"]"+text[min(pos+size, end):max(end, pos+size)], "?") + "'"
}

// inside is where a byte of a value's text stands in the file, as well as can
// be known.
func (d *Decoder) inside(n *node, pos int) Position {
	p := d.position(n)
	before := n.text[:pos]
	switch lines := strings.Count(before, "\n"); {
	case n.literal:
		start := strings.LastIndexByte(before, '\n') + 1
		text, _, _ := strings.Cut(n.text[start:], "\n")
		for number := n.line + 1 + lines; number <= n.line+2+lines; number++ {
			line := d.doc.line(number)
			if margin, ok := strings.CutSuffix(line, text); ok && text != "" && strings.TrimSpace(margin) == "" {
				p.Line, p.Column = number, len(margin)+utf8.RuneCountInString(before[start:])+1
				return p
			}
		}
	case lines == 0 && !strings.Contains(n.text, "\n"):
		line := []rune(d.doc.line(p.Line))
		column := p.Column - 1
		if n.quoted {
			column++
		}
		if column <= len(line) && strings.HasPrefix(string(line[column:]), n.text) {
			p.Column = column + utf8.RuneCountInString(before) + 1
		}
	}
	return p
}
