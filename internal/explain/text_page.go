package explain

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	width = 100
	// noteColumn is where remarks begin, if what they are about leaves room.
	noteColumn = 46
	maxLines   = 250
)

// page is text in lines, which breaks between words.
type page struct {
	text      strings.Builder
	lines     int
	left      int // lines that found no room
	unbounded bool
}

func (p *page) blank() { p.put("") }

func (p *page) put(line string) {
	if p.lines++; p.lines > maxLines && !p.unbounded {
		p.left++
		return
	}
	p.text.WriteString(strings.TrimRight(strings.Map(printable, line), " "))
	p.text.WriteByte('\n')
}

// columns is how wide a text is, as nearly as can be said.
func columns(text string) int { return utf8.RuneCountInString(text) }

// printable keeps what a file or a stranger wrote from steering a terminal.
func printable(c rune) rune {
	if unicode.IsControl(c) {
		return '?'
	}
	return c
}

// line writes text at a column; what does not fit goes on further in.
func (p *page) line(column int, text string) { p.wrapped(strings.Repeat(" ", column), column+4, text) }

// note writes text with a remark beside it, or below it.
func (p *page) note(column int, text, remark string) {
	switch used := column + columns(text); {
	case remark == "":
		p.line(column, text)
	case used+2 <= noteColumn:
		p.pair(column, noteColumn-column, text, remark)
	case used+2+columns(remark) <= width:
		p.line(column, text+"  "+remark)
	default:
		p.line(column, text)
		p.line(column+4, remark)
	}
}

// pair writes a word and, so many columns after its begin, a text.
func (p *page) pair(column, after int, word, text string) {
	head := strings.Repeat(" ", column) + word
	p.wrapped(head+strings.Repeat(" ", max(column+after-columns(head), 1)), column+after, text)
}

// wrapped writes text after head, and what does not fit at the column hang.
func (p *page) wrapped(head string, hang int, text string) {
	line := head
	empty := true
	for _, word := range strings.Split(text, " ") {
		if !empty && columns(line)+1+columns(word) > width {
			p.put(line)
			line, empty = strings.Repeat(" ", hang), true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	p.put(line)
}
