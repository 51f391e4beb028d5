package keydoc

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

const width = 96

// Text writes the reference as text, or of it only the section or the kinds with that
// name or anchor, or else the keys. It reports whether there are any.
func (r *Reference) Text(w io.Writer, what string) (found bool, err error) {
	b := &text{}
	for _, s := range r.Sections {
		if what == "" || strings.EqualFold(s.Title, what) || slices.Contains(s.Anchors, what) {
			b.section(s)
		}
	}
	if b.Len() == 0 {
		r.kinds(b, what)
	}
	if b.Len() == 0 {
		r.keys(b, what)
	}
	_, err = w.Write(b.Bytes())
	return b.Len() > 0, err
}

func (r *Reference) kinds(b *text, what string) {
	for _, s := range r.Sections {
		for _, k := range s.Kinds {
			if k.Name == what && what != everyKind || k.Anchor == what {
				b.heading(s.Title)
				b.kind(k)
			}
		}
	}
}

func (r *Reference) keys(b *text, what string) {
	for _, s := range r.Sections {
		for _, block := range s.Blocks {
			for _, k := range block.Keys {
				if k.is(what) {
					b.heading(s.Title)
					b.key(k)
				}
			}
		}
		for _, k := range s.Kinds {
			for _, key := range k.Keys {
				if key.is(what) {
					b.heading(s.Title)
					b.kind(&Kind{Name: k.Name, Keys: []Key{key}})
				}
			}
		}
	}
}

func (k Key) is(what string) bool { return k.Name == what || k.Anchor == what }

// text is the reference in lines.
type text struct{ bytes.Buffer }

func (b *text) heading(title string) {
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	b.WriteString(title + "\n" + strings.Repeat("=", utf8.RuneCountInString(title)) + "\n")
}

func (b *text) section(s *Section) {
	if s.Title != "" {
		b.heading(s.Title)
	}
	for i, block := range s.Blocks {
		if i > 0 {
			b.WriteByte('\n')
		}
		for _, k := range block.Keys {
			b.key(k)
		}
		for _, row := range block.Rows {
			b.wrapped(0, strings.Join(row, "  "))
		}
		for _, item := range block.List {
			b.wrapped(2, "- "+item)
		}
		if block.Paragraph != "" {
			b.wrapped(0, block.Paragraph)
		}
	}
	for i, k := range s.Kinds {
		if i > 0 || len(s.Blocks) > 0 {
			b.WriteByte('\n')
		}
		b.kind(k)
	}
}

func (b *text) kind(k *Kind) {
	if k.Name == everyKind {
		b.WriteString("every kind\n")
	} else {
		b.WriteString("kind: " + k.Name + "\n")
	}
	if k.About != "" {
		b.wrapped(4, k.About)
	}
	for _, key := range k.Keys {
		b.key(key)
	}
}

func (b *text) key(k Key) {
	line := "  " + k.Name
	if k.Default != "" {
		line += " (" + plain(k.Default) + ")"
	}
	b.WriteString(line + "\n")
	if k.What != "" {
		b.wrapped(6, k.What)
	}
}

// plain is a text without the signs of its format.
func plain(s string) string {
	return strings.ReplaceAll(anEm.ReplaceAllString(unescaper.Replace(s), "$1"), "`", "")
}

// wrapped writes a text in lines that begin at a column.
func (b *text) wrapped(column int, s string) {
	indent := strings.Repeat(" ", column)
	line := indent
	for _, word := range strings.Fields(plain(s)) {
		if line != indent && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			b.WriteString(line + "\n")
			line = indent
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	b.WriteString(line + "\n")
}
