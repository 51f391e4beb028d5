package rewrite

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/internal/pathmatch"
	"github.com/meshhop/meshhop/resolve"
)

// Config of a [Namer].
type Config struct {
	// Pattern says which names are rewritten, such as /{service}/api. Each
	// segment stands for one label: a label for itself, "*" for any, and {name}
	// for any text, which it captures; a segment may have several captures and
	// text between them. Required.
	Pattern string
	// Name is what they become: a path in which each {name} of the pattern
	// stands for what it captured.
	Name string
}

// Namer is io.l5d.rewrite: names that begin as a pattern says become another
// name. What follows the part that the pattern is for is dropped, as in
// Linkerd (RewritingNamer.scala). A name that does not match is Neg.
type Namer struct {
	pattern *pathmatch.Matcher
	name    string
}

// New makes a Namer. The error is a [resolve.ParseError] if Pattern is none, or if
// Name cannot be a path or uses captures that the pattern does not have.
func New(c Config) (*Namer, error) {
	if c.Pattern == "" {
		return nil, errors.New("rewrite: Pattern is required")
	}
	pattern, err := pathmatch.Parse(c.Pattern)
	if err != nil {
		return nil, fmt.Errorf("rewrite: Pattern: %w", err)
	}
	if err := check(c.Name, pattern.Vars()); err != nil {
		return nil, fmt.Errorf("rewrite: Name: %w", err)
	}
	return &Namer{pattern, c.Name}, nil
}

// Lookup implements [resolve.Namer]. It fails where a capture is empty and the
// name is none without it.
func (n *Namer) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	vars, ok := n.pattern.Match(p)
	if !ok {
		return resolve.Const(resolve.NameTree[resolve.Name]{})
	}
	to, err := resolve.ParsePath(pathmatch.Substitute(n.name, vars))
	if err != nil {
		return resolve.FailedActivity[resolve.NameTree[resolve.Name]](
			fmt.Errorf("rewrite: %s matches %s, but is not a path as %s: %w", p, n.pattern, n.name, err))
	}
	return resolve.Const(resolve.LeafOf(resolve.Name{Path: to}))
}

// check reads name with something of the same length in place of every
// capture, so that errors point to the right place.
func check(name string, vars []string) error {
	filled := name
	for at := 0; ; {
		open := strings.IndexByte(filled[at:], '{')
		if open < 0 {
			break
		}
		at += open
		end := strings.IndexByte(filled[at:], '}') + at + 1
		if end <= at || !slices.Contains(vars, name[at+1:end-1]) {
			return unknownVar(name, at, vars)
		}
		filled = filled[:at] + strings.Repeat("x", end-at) + filled[end:]
	}
	_, err := resolve.ParsePath(filled)
	var parse *resolve.ParseError
	if errors.As(err, &parse) {
		parse.Input = name
		if strings.HasPrefix(name[parse.Pos:], "{") {
			parse.Found = "'{'"
		}
	}
	return err
}

// unknownVar is the error for the brace at a place in name.
func unknownVar(name string, at int, vars []string) error {
	expected := "no capture, as the pattern has none,"
	if len(vars) > 0 {
		expected = "one of {" + strings.Join(vars, "}, {") + "}"
	}
	found := name[at:]
	if end := strings.IndexByte(found, '}'); end >= 0 {
		found = found[:end+1]
	}
	return &resolve.ParseError{Input: name, Pos: at, Expected: expected, Found: "'" + found + "'"}
}
