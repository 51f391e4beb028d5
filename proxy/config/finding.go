package config

// A Finding is something that the author of a configuration should know. There are
// three sorts:
//   - what is wrong with a dtab ([File.Lint]) has a Kind;
//   - a notice ([File.Notices]) has none, such as that a key is accepted but has no
//     effect;
//   - an error of Load or File.Build, which only [Check] returns as a Finding, has
//     none either, but Error is set.
type Finding struct {
	Position Position
	Path     string // the key, such as "routers[0].dtab"
	Kind     string // such as "shadowed"
	// Error means that the file cannot be used, or, with a Kind, that requests must
	// fail.
	Error bool
	// Text says what is wrong and what to write instead.
	Text string
}

// String returns "file:line:column: path.of.key: text", and for a dtab
// "file:line:column: path.of.key: warning: text [kind]".
func (f Finding) String() string {
	switch {
	case f.Kind == "":
		return message(f.Position, f.Path, f.Text)
	case f.Error:
		return message(f.Position, f.Path, "error: "+f.Text+" ["+f.Kind+"]")
	}
	return message(f.Position, f.Path, "warning: "+f.Text+" ["+f.Kind+"]")
}
