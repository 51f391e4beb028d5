package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// A listedMutant is one that tests must notice.
type listedMutant struct {
	mutant
	name       string
	tests      []string // packages; none means the file's own
	equivalent string   // why no test can notice it
}

// parseList reads blocks such as
//
//	bal-equal router/balance/backoff.go
//	- for range n - 1 {
//	+ for range n {
//	tests: ./router/balance ./router
//	equivalent: nobody can tell
//
// with blank lines between them, and # before comments. What stands behind "-" is in
// the file exactly once. There may be several such lines, which are lines of the
// file that follow each other, and several or none behind "+". The last two lines are
// optional.
func parseList(name, text string) (list []listedMutant, err error) {
	var lost []error
	for block := range strings.SplitSeq(text, "\n\n") {
		var m listedMutant
		var from, to []string
		for line := range strings.SplitSeq(block, "\n") {
			rest := ""
			switch {
			case line == "" || strings.HasPrefix(line, "#"):
			case line == "-" || strings.HasPrefix(line, "- "):
				from = append(from, strings.TrimSpace(line[1:]))
			case line == "+" || strings.HasPrefix(line, "+ "):
				to = append(to, strings.TrimSpace(line[1:]))
			case cut(line, "tests: ", &rest):
				m.tests = strings.Fields(rest)
			case cut(line, "equivalent: ", &rest):
				m.equivalent = rest
			default:
				words := strings.Fields(line)
				if len(words) != 2 || m.name != "" {
					return nil, fmt.Errorf("%s: cannot read %q", name, line)
				}
				m.name, m.file = words[0], words[1]
			}
		}
		if m.name == "" && len(from) == 0 {
			continue // only comments
		}
		if err := m.find(from, to); err != nil {
			lost = append(lost, fmt.Errorf("%s: %s: %w", name, m.name, err))
		}
		list = append(list, m)
	}
	if len(lost) > 0 {
		return nil, fmt.Errorf("the list no longer fits the code; adapt it:\n%w", errors.Join(lost...))
	}
	return list, nil
}

func cut(line, prefix string, rest *string) (found bool) {
	*rest, found = strings.CutPrefix(line, prefix)
	return found
}

// find looks for what is to be changed.
func (m *listedMutant) find(from, to []string) error {
	source, err := os.ReadFile(m.file)
	if err != nil {
		return err
	}
	m.source, m.text = source, strings.Join(to, "\n")
	if len(from) == 0 {
		return fmt.Errorf("nothing is said to be changed")
	}
	found := 0
	if text := string(source); len(from) == 1 {
		found = strings.Count(text, from[0])
		m.begin = strings.Index(text, from[0])
		m.end = m.begin + len(from[0])
	} else {
		lines := strings.SplitAfter(text, "\n")
		at := 0
		for i := range lines {
			if begins(lines[i:], from) {
				found++
				m.begin = at
				m.end = at + len(strings.Join(lines[i:i+len(from)], "")) - 1
			}
			at += len(lines[i])
		}
	}
	if found != 1 {
		return fmt.Errorf("%s has %d times\n\t%s", m.file, found, strings.Join(from, "\n\t"))
	}
	return nil
}

// begins says whether lines begin with the given ones, but for blanks around them.
func begins(lines, with []string) bool {
	if len(lines) < len(with) {
		return false
	}
	for i, line := range with {
		if strings.TrimSpace(lines[i]) != line {
			return false
		}
	}
	return true
}
