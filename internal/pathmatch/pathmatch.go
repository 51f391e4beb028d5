// Package pathmatch matches names against patterns such as /{service}/api, as
// io.l5d.rewrite and the rules of service and client blocks have them.
package pathmatch

import (
	"fmt"
	"slices"
	"strings"

	"github.com/meshhop/meshhop/internal/limits"
	"github.com/meshhop/meshhop/resolve"
)

// Matcher is a pattern for the beginning of a path, such as
// /{service}/*/{host}:{port}. Each segment of it stands for one label:
//
//   - a label stands for itself, "*" for any;
//   - {name} stands for any text, which it captures; a segment may have several
//     and text between them.
//
// Text is compared in the form in which a label is printed. In a segment with
// captures the text before the first one may stand anywhere in the label and
// what follows the text after the last one is not looked at; of the ways in
// which captures can share a label, the first one gets as much as it can, then
// the second. So {a}-{b} finds a-b and c in a-b-c, and {a}{b} gives all to a.
// Where a name occurs twice the later capture counts.
//
// It is Linkerd's PathMatcher (PathMatcher.scala), except for three points: "*"
// does not match where there is no label left, which is an error in Linkerd;
// names may hold "-" and "."; and what would be a regular expression in Linkerd,
// or could never match, is an error here.
type Matcher struct {
	text     string
	segments []segment
	vars     []string
}

// Parse reads a pattern. A slash at its beginning or end may be left
// out or doubled; a pattern of no segment matches every path. It fails as
// [resolve.ParsePath] does.
func Parse(s string) (*Matcher, error) {
	if len(s) > limits.TextBytes {
		return nil, fmt.Errorf("pattern of %d bytes is longer than the limit of %d", len(s), limits.TextBytes)
	}
	p := &parser{in: strings.Clone(s)} // the names in it keep nothing else in memory
	m := &Matcher{text: s}
	for p.maybeEat('/') {
	}
	for p.pos < len(s) {
		seg, err := p.segment()
		if err != nil {
			return nil, err
		}
		m.segments = append(m.segments, seg)
		for _, name := range seg.names {
			if !slices.Contains(m.vars, name) {
				m.vars = append(m.vars, name)
			}
		}
		if p.pos < len(s) && !strings.HasPrefix(s[p.pos:], "/") {
			return nil, p.expected("'/'")
		}
		if strings.Trim(s[p.pos:], "/") == "" {
			break
		}
		p.pos++
	}
	return m, nil
}

// String gives the pattern as it was written.
func (m *Matcher) String() string { return m.text }

// Vars are the names of the captures, each once, in the order of the pattern.
func (m *Matcher) Vars() []string { return slices.Clone(m.vars) }

// Match says whether p begins as the pattern says, and with which captures,
// which are in the form in which labels are printed.
func (m *Matcher) Match(p resolve.Path) (vars map[string]string, ok bool) {
	vars = make(map[string]string, len(m.vars))
	for _, seg := range m.segments {
		if p.IsEmpty() {
			return nil, false
		}
		rest := p.Drop(1)
		if !seg.match(p.Take(1).String()[1:], vars) {
			return nil, false
		}
		p = rest
	}
	return vars, true
}

// MayMatch says whether the pattern matches a path that begins with p, or is p.
func (m *Matcher) MayMatch(p resolve.Path) bool {
	vars := make(map[string]string, len(m.vars))
	for _, seg := range m.segments {
		if p.IsEmpty() {
			return true
		}
		if !seg.match(p.Take(1).String()[1:], vars) {
			return false
		}
		p = p.Drop(1)
	}
	return true
}

// Substitute gives text with every {name} of vars replaced by its value.
// Other braces are left as they are.
func Substitute(text string, vars map[string]string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		if value, ok := vars[name]; ok && len(name) < len(rest) {
			b.WriteString(value)
			text = after
		} else {
			b.WriteByte('{')
			text = rest
		}
	}
}
