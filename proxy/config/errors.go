package config

import (
	"slices"
	"strings"
)

// An Error is one thing that is wrong with a configuration.
type Error struct {
	Position Position
	Path     string // the key, such as "routers[0].servers[1].port"; empty if the file is no YAML
	Reason   string
	Nearest  string // the key or kind that was probably meant, or ""
	Err      error  // the cause of Reason, if another package returned it
}

// Error returns "file:line:column: path.of.key: reason (did you mean "x"?)".
func (e *Error) Error() string {
	return message(e.Position, e.Path, e.text())
}

func (e *Error) text() string {
	if e.Nearest != "" {
		return e.Reason + ` (did you mean "` + e.Nearest + `"?)`
	}
	return e.Reason
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errors is everything that is wrong with a configuration, in the order of the file. It
// is the type of the errors that [Load] and [File.Build] return.
type Errors []*Error

// Error returns one line for each error.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the single errors.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}

// maxErrors bounds the errors that are kept: a hostile file can have a million.
const maxErrors = 100

// report collects the errors and notices of one file.
type report struct {
	file    string
	errors  Errors
	notices []Finding
}

// maxSaid bounds one message. The errors of other packages may repeat a whole value.
const maxSaid = 800

// brief cuts the middle out of a long text.
func brief(text string) string {
	if len(text) <= maxSaid {
		return text
	}
	return strings.ToValidUTF8(text[:maxSaid*3/4], "") + " ... " + strings.ToValidUTF8(text[len(text)-maxSaid/4:], "")
}

func (r *report) full() bool { return len(r.errors) > maxErrors }

func (r *report) error(e *Error) {
	e.Position.File = r.file
	e.Reason = brief(e.Reason)
	if r.full() {
		return
	}
	if len(r.errors) == maxErrors {
		e = &Error{Position: e.Position, Path: e.Path, Reason: "too many errors; this one and others are not listed"}
	}
	r.errors = append(r.errors, e)
}

func (r *report) notice(n Finding) {
	n.Position.File = r.file
	n.Text = brief(n.Text)
	if len(r.notices) < maxErrors {
		r.notices = append(r.notices, n)
	}
}

// err returns the errors in the order of the file, or nil.
func (r *report) err() error {
	if len(r.errors) == 0 {
		return nil
	}
	return r.sorted()
}

// sorted returns the errors in the order of the file.
func (r *report) sorted() Errors {
	slices.SortStableFunc(r.errors, func(a, b *Error) int { return a.Position.compare(b.Position) })
	return r.errors
}

func (r *report) sortNotices() {
	slices.SortStableFunc(r.notices, func(a, b Finding) int { return a.Position.compare(b.Position) })
}
