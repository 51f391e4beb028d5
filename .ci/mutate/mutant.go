package main

import (
	"bytes"
	"fmt"
	"strings"
)

// A mutant is one change of one file: the bytes from begin to end become text.
type mutant struct {
	file       string
	source     []byte
	begin, end int
	text       string
}

func (m mutant) String() string {
	return fmt.Sprintf("%s:%d: %s -> %s", m.file, m.line(), oneLine(string(m.source[m.begin:m.end])), oneLine(m.text))
}

func (m mutant) line() int { return 1 + bytes.Count(m.source[:m.begin], []byte("\n")) }

// mutated is the file with the change.
func (m mutant) mutated() []byte {
	return append(append(bytes.Clone(m.source[:m.begin]), m.text...), m.source[m.end:]...)
}

// oneLine shows code in a line of its own.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	switch {
	case s == "":
		return "(nothing)"
	case len(s) > 120:
		return s[:117] + "..."
	}
	return s
}
