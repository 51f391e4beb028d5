package config

import (
	"fmt"
	"strconv"
	"strings"
)

// syntax explains why the file is not YAML, in terms of its lines. The YAML library stops
// at the first error.
func (d *document) syntax(err error) *Error {
	load, ok := loadErrorOf(err)
	if !ok {
		return &Error{Reason: "not YAML: " + err.Error(), Err: err}
	}
	at, began := load.Mark, load.ContextMark
	e := &Error{Position: Position{Line: max(at.Line, 1), Column: max(at.Column, 1)}, Err: err}
	switch {
	case d.tab(e):
	case strings.Contains(load.Message, "mapping values are not allowed"):
		key, column, ok := keyOf(d.line(at.Line))
		if !ok || at.Column != column+len([]rune(key))+1 || !d.deeper(e, key, column) {
			e.Reason = `a second ": " makes no sense here; put the value in quotes`
		}
	case strings.Contains(load.Message, "unexpected end of stream"):
		e.Position = Position{Line: max(began.Line, 1), Column: max(began.Column, 1)}
		e.Reason = "a quote is opened here and never closed"
	case strings.Contains(load.Message, "could not find expected ':'"):
		e.Position = Position{Line: max(began.Line, 1), Column: max(began.Column, 1)}
		d.keyless(e)
	case d.misaligned(e, load.Message):
	default:
		e.Reason = "not YAML: " + load.Message
		if load.ContextMsg != "" && began.Line > 0 && began.Line != at.Line {
			e.Reason += " (" + load.ContextMsg + " that begins in " + lineText(began.Line) + ")"
		}
	}
	return e
}

// tab finds a line that is indented with a tab.
func (d *document) tab(e *Error) bool {
	text := d.line(e.Position.Line)
	column := strings.IndexByte(text[:indent(text)], '\t')
	if column < 0 {
		return false
	}
	e.Position.Column = column + 1
	e.Reason = "the line is indented with a tab; YAML indents with spaces only"
	return true
}

// deeper finds a key that is indented so far that it continues the value of the line
// above, as in
//
//   - kind: io.l5d.zipkin
//     host: zipkin
//
// with host two columns further to the right.
func (d *document) deeper(e *Error, key string, column int) bool {
	above, text := d.above(e.Position.Line)
	upper, upperColumn, ok := keyOf(text)
	if !ok || column <= upperColumn || strings.HasSuffix(strings.TrimSpace(text), ":") {
		return false
	}
	e.Position.Column = column + 1
	e.Reason = fmt.Sprintf("%s is indented by %d, deeper than %s in %s, which has a value already; indent it by %d, to stand below %s",
		quoted(key), column, quoted(upper), lineText(above), upperColumn, quoted(upper))
	return true
}

// keyless finds a line that is no key, and a block of text that is not indented.
func (d *document) keyless(e *Error) {
	e.Reason = "the line is neither a key with its colon, nor indented so that it belongs to the line above"
	above, text := d.above(e.Position.Line)
	key, column, ok := keyOf(text)
	if _, value, found := strings.Cut(text, ": "); ok && found && strings.ContainsAny(value[:min(1, len(value))], "|>") {
		e.Reason = fmt.Sprintf("the text of %s in %s must be indented by more than %d", quoted(key), lineText(above), column)
	}
}

// above returns the next line above that is not blank or a comment.
func (d *document) above(number int) (line int, text string) {
	for line = number - 1; line > 0; line-- {
		text = strings.TrimSpace(d.line(line))
		if text != "" && text[0] != '#' {
			return line, d.line(line)
		}
	}
	return 0, ""
}

// misaligned finds a line that begins between the columns of the lines above it.
func (d *document) misaligned(e *Error, message string) bool {
	switch message {
	case "did not find expected key", "did not find expected '-' indicator", "did not find expected <document start>":
	default:
		return false
	}
	text := d.line(e.Position.Line)
	if indent(text) != e.Position.Column-1 || indent(text) == len(text) {
		return false
	}
	if key, column, ok := keyOf(text); ok && d.deeper(e, key, column) {
		return true
	}
	columns := map[int]bool{}
	var known []string
	for above := e.Position.Line - 1; above > 0 && len(known) < 4; above-- {
		_, column, ok := keyOf(d.line(above))
		if ok && !columns[column] {
			columns[column] = true
			known = append(known, strconv.Itoa(column))
		}
		if ok && column == 0 {
			break
		}
	}
	if len(known) == 0 || columns[indent(text)] {
		return false
	}
	e.Reason = fmt.Sprintf("the line is indented by %d, which fits no line above it (they have %s)", indent(text), strings.Join(known, ", "))
	return true
}

// keyOf returns the first key of a line and the number of columns before it, including
// list dashes.
func keyOf(line string) (key string, column int, ok bool) {
	rest := line
	for {
		rest = strings.TrimLeft(rest, " ")
		if !strings.HasPrefix(rest, "- ") {
			break
		}
		rest = rest[1:]
	}
	end := strings.Index(rest+" ", ": ")
	if end < 1 || strings.ContainsAny(rest[:1], "#{[\"'") {
		return "", 0, false
	}
	return rest[:end], len(line) - len(rest), true
}

// indent is how many bytes of white space a line begins with.
func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }
