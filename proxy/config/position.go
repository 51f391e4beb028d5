package config

import "strconv"

// A Position is a place in a configuration file. Line and Column count from 1,
// Column in characters. The zero Line stands for the file as a whole.
type Position struct {
	File         string
	Line, Column int
}

// String returns "file:line:column".
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
}

func (p Position) compare(o Position) int {
	if p.Line != o.Line {
		return p.Line - o.Line
	}
	return p.Column - o.Column
}

func message(at Position, path, text string) string {
	out := at.String() + ": "
	if path != "" {
		out += path + ": "
	}
	return out + text
}
