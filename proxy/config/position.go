package config

import "strconv"

// A Position is a place in a configuration file. Line and Column count from 1,
// Column in characters. The zero Line stands for the file as a whole.
type Position struct {
	File         string
	Line, Column int
}

// String gives "file:line:column".
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

// A Notice tells something that whoever wrote the file should know although
// the file is in order, such as a key that is accepted and has no effect.
type Notice struct {
	Position Position
	Path     string // the key, such as "telemetry[0].port"
	Text     string
}

// String gives "file:line:column: path.of.key: text".
func (n Notice) String() string { return message(n.Position, n.Path, n.Text) }

func message(at Position, path, text string) string {
	out := at.String() + ": "
	if path != "" {
		out += path + ": "
	}
	return out + text
}
