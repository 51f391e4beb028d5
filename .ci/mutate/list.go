package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
//	bal-equal router/balance
//	- for range n - 1 {
//	+ for range n {
//	tests: ./router/balance ./router
//	equivalent: nobody can tell
//
// with blank lines between them, and # before comments. The first line has a name and
// the directory of a package; what stands behind "-" is in its files exactly once. There
// may be several such lines, which are lines of a file that follow each other, and
// several or none behind "+". The last two lines are optional.
func parseList(name, text string) (list []listedMutant, err error) {
	var lost []error
	for block := range strings.SplitSeq(text, "\n\n") {
		var m listedMutant
		var dir string
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
				m.name, dir = words[0], words[1]
			}
		}
		if m.name == "" && len(from) == 0 {
			continue // only comments
		}
		if err := m.find(dir, from, to); err != nil {
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

// find looks for what is to be changed, in the files of a package.
func (m *listedMutant) find(dir string, from, to []string) error {
	if len(from) == 0 {
		return errors.New("nothing is said to be changed")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	found := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		times, begin, end := search(string(source), from)
		if times > 0 {
			m.mutant = mutant{file: file, source: source, begin: begin, end: end, text: strings.Join(to, "\n")}
		}
		found += times
	}
	if found != 1 {
		return fmt.Errorf("%s has %d times\n\t%s", dir, found, strings.Join(from, "\n\t"))
	}
	return nil
}

// search counts how often a text has what is looked for, and says where it is.
func search(text string, from []string) (found, begin, end int) {
	if len(from) == 1 {
		begin = strings.Index(text, from[0])
		return strings.Count(text, from[0]), begin, begin + len(from[0])
	}
	lines := strings.SplitAfter(text, "\n")
	at := 0
	for i := range lines {
		if begins(lines[i:], from) {
			found++
			begin = at
			end = at + len(strings.Join(lines[i:i+len(from)], "")) - 1
		}
		at += len(lines[i])
	}
	return found, begin, end
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
