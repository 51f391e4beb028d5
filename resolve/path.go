package resolve

import (
	"errors"
	"strings"

	"github.com/meshhop/meshhop/internal/limits"
)

// Path is a name: a sequence of labels, each a non-empty string of bytes.
// Paths are comparable with ==, and the zero value is the empty path "/".
type Path struct {
	// text is the shown form; the empty path is "", every label is "/" and the
	// label's canonical text. A shown label never holds a literal "/".
	text string
}

// ParsePath reads a path in the form of [Path.String], with white space and
// comments allowed around it. The error is a [*ParseError] or says that the
// text is longer than 64 KiB.
func ParsePath(s string) (Path, error) {
	p, err := newParser(s, "path", limits.TextBytes)
	if err != nil {
		return Path{}, err
	}
	path, err := p.path()
	if err != nil {
		return Path{}, err
	}
	return path, p.end()
}

// MustPath is [ParsePath] for constants; it panics where ParsePath fails.
func MustPath(s string) Path {
	p, err := ParsePath(s)
	if err != nil {
		panic("resolve: MustPath: " + err.Error())
	}
	return p
}

// NewPath makes a path of raw labels, which may hold any bytes. An empty label
// is an error.
func NewPath(labels ...string) (Path, error) {
	var p Path
	for _, l := range labels {
		if l == "" {
			return Path{}, errors.New("resolve: a path label must not be empty")
		}
		p = p.AppendLabel(l)
	}
	return p, nil
}

// String gives the canonical text. A label that holds a byte which cannot
// stand in a label is printed with every byte as \xNN, so it can be read back.
func (p Path) String() string {
	if p.text == "" {
		return "/"
	}
	return p.text
}

// MarshalText gives the same text as String.
func (p Path) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Len is the number of labels.
func (p Path) Len() int { return strings.Count(p.text, "/") }

// IsEmpty says whether p is "/".
func (p Path) IsEmpty() bool { return p.text == "" }

// Label gives the raw bytes of label i, counted from 0. It panics when there
// is no such label.
func (p Path) Label(i int) string {
	rest := p.text[p.offset(i):]
	if i < 0 || rest == "" {
		panic("resolve: path label out of range")
	}
	rest = rest[1:]
	if end := strings.IndexByte(rest, '/'); end >= 0 {
		rest = rest[:end]
	}
	return rawLabel(rest)
}

// Labels gives the raw bytes of every label.
func (p Path) Labels() []string {
	if p.text == "" {
		return nil
	}
	labels := strings.Split(p.text[1:], "/")
	for i, l := range labels {
		labels[i] = rawLabel(l)
	}
	return labels
}

// HasPrefix says whether p begins with all labels of q.
func (p Path) HasPrefix(q Path) bool {
	return strings.HasPrefix(p.text, q.text) &&
		(len(p.text) == len(q.text) || p.text[len(q.text)] == '/')
}

// Take gives the first n labels, or all of them if there are fewer.
func (p Path) Take(n int) Path { return Path{p.text[:p.offset(n)]} }

// Drop gives what follows the first n labels, "/" if nothing does.
func (p Path) Drop(n int) Path { return Path{p.text[p.offset(n):]} }

// Append gives the labels of p followed by those of q.
func (p Path) Append(q ...Path) Path {
	for _, q := range q {
		if p.text == "" {
			p = q
		} else if q.text != "" {
			p.text += q.text
		}
	}
	return p
}

// AppendLabel gives p with one more label of raw bytes. An empty label adds
// nothing.
func (p Path) AppendLabel(raw string) Path {
	if raw == "" {
		return p
	}
	return Path{p.text + "/" + showLabel(raw)}
}

// offset is where in the text the labels from n on begin.
func (p Path) offset(n int) int {
	at := 0
	for ; n > 0 && at < len(p.text); n-- {
		next := strings.IndexByte(p.text[at+1:], '/')
		if next < 0 {
			return len(p.text)
		}
		at += 1 + next
	}
	return at
}
