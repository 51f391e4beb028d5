package config

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/meshhop/meshhop/internal/pathmatch"
	"github.com/meshhop/meshhop/resolve"
)

// Name reads a path such as /svc.
func (d *Decoder) Name(key string, absent resolve.Path) resolve.Path {
	return parsed(d, key, "a path", absent, resolve.ParsePath)
}

// pathMatcher reads a pattern of names such as /{service}/api. An error has the
// position of the fault in it. It returns nil if the key is absent or wrong.
func (d *Decoder) pathMatcher(key string) *pathmatch.Matcher {
	return parsed(d, key, "a pattern", nil, pathmatch.Parse)
}

// Dtab reads a dtab. An error has the position of the fault in it.
func (d *Decoder) Dtab(key string) resolve.Dtab {
	return parsed(d, key, "a dtab", nil, resolve.ParseDtab)
}

// parsed reads a value that has a syntax of its own. It returns absent if the key is
// absent or wrong.
func parsed[T any](d *Decoder, key, what string, absent T, parse func(string) (T, error)) T {
	n := d.scalar(key)
	if n == nil {
		return absent
	}
	value, err := parse(n.text)
	if err != nil {
		d.unparsable(key, n, what, err)
		return absent
	}
	return value
}

func (d *Decoder) unparsable(key string, n *node, what string, err error) {
	e := &Error{Position: d.position(n), Path: d.pathOf(key), Err: err}
	var parse *resolve.ParseError
	if errors.As(err, &parse) {
		pos := min(parse.Pos, len(n.text))
		if strings.TrimSpace(n.text[pos:]) == "" { // nothing follows: point at the end of the text
			pos = len(strings.TrimRight(n.text[:pos], " \t\n"))
		}
		e.Position = d.inside(n, pos)
		// The whole text may have many lines, so only the line of the fault is shown.
		e.Reason = "is not " + what + ": " + parse.Expected + " expected but " + parse.Found + " found " + near(n.text, pos)
	} else {
		e.Reason = "is not " + what + ": " + err.Error()
	}
	d.doc.report.error(e)
}

// near returns the line of a byte with a mark at the byte.
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

// inside returns the position in the file of a byte of a value's text, or the beginning
// of the value if that is not known.
func (d *Decoder) inside(n *node, pos int) Position { return d.insideAll(n, []int{pos})[0] }

// insideAll is inside for bytes in ascending order. It compares only the bytes that are
// not white space with the file, because YAML joins and indents lines in many ways.
func (d *Decoder) insideAll(n *node, pos []int) []Position {
	all := make([]Position, 0, len(pos))
	begin := d.position(n)
	line, column := n.line, n.column-1
	switch {
	case n.block:
		line, column = line+1, 0
	case n.quoted:
		column++
	}
	at, now := begin, []rune(d.doc.line(line))
	for i, c := range n.text {
		if unicode.IsSpace(c) {
			for len(all) < len(pos) && i >= pos[len(all)] {
				all = append(all, at)
			}
			continue
		}
		for line <= len(d.doc.lines) && (column >= len(now) || unicode.IsSpace(now[column])) {
			if column++; column >= len(now) {
				line, column = line+1, 0
				now = []rune(d.doc.line(line))
			}
		}
		if column >= len(now) || now[column] != c {
			at = begin // the file spells the text differently
			break
		}
		at.Line, at.Column = line, column+1
		for len(all) < len(pos) && i >= pos[len(all)] {
			all = append(all, at)
		}
		column++
		at.Column++ // after it, in case nothing follows
	}
	for len(all) < len(pos) {
		all = append(all, at)
	}
	return all
}
