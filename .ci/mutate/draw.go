package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A line of code, and the changes that begin in it.
type line struct{ mutants []mutant }

// packages are what is drawn from: their lines of code, each once.
type packages struct {
	count int
	lines []line
}

// load reads the packages that have tests of their own; those with fakes and
// conformance tests for others are left out.
func load(ctx context.Context, patterns []string) (*packages, error) {
	out, err := exec.CommandContext(ctx, "go", append([]string{"list", "-json=Dir,ImportPath,GoFiles,TestGoFiles,XTestGoFiles"}, patterns...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	all := new(packages)
	for in := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			Dir, ImportPath                    string
			GoFiles, TestGoFiles, XTestGoFiles []string
		}
		if err := in.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		if strings.HasSuffix(p.ImportPath, "test") {
			continue
		}
		if len(p.TestGoFiles)+len(p.XTestGoFiles) == 0 {
			fmt.Printf("%s has no tests of its own and is left out\n", p.ImportPath)
			continue
		}
		all.count++
		for _, name := range p.GoFiles {
			file, err := filepath.Rel(here, filepath.Join(p.Dir, name))
			if err != nil {
				return nil, err
			}
			if err := all.add(file); err != nil {
				return nil, err
			}
		}
	}
}

// add takes the lines of a file that hold code.
func (all *packages) add(file string) error {
	source, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, source, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	code := map[int]*line{}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if n != nil {
			for _, pos := range []token.Pos{n.Pos(), n.End()} {
				if pos.IsValid() {
					code[set.Position(pos).Line] = new(line)
				}
			}
		}
		return true
	})
	offset := func(pos token.Pos) int { return set.Position(pos).Offset }
	changes(parsed, source, offset, func(begin, end int, text string) {
		m := mutant{file: file, source: source, begin: begin, end: end, text: text}
		if l := code[m.line()]; l != nil {
			l.mutants = append(l.mutants, m)
		}
	})
	for n := range bytes.Count(source, []byte("\n")) + 2 { // in order, so that a seed means the same
		if l := code[n]; l != nil {
			all.lines = append(all.lines, *l)
		}
	}
	return nil
}

// draw returns a function that draws a line, and one of its mutants that was not
// drawn before. It reports false when none is left.
func (all *packages) draw(random *rand.Rand) func() (mutant, bool) {
	var rest []line
	for _, l := range all.lines {
		if len(l.mutants) > 0 {
			rest = append(rest, line{append([]mutant(nil), l.mutants...)})
		}
	}
	return func() (mutant, bool) {
		if len(rest) == 0 {
			return mutant{}, false
		}
		at := random.IntN(len(rest))
		l := &rest[at]
		i := random.IntN(len(l.mutants))
		m := l.mutants[i]
		if l.mutants = append(l.mutants[:i], l.mutants[i+1:]...); len(l.mutants) == 0 {
			rest[at] = rest[len(rest)-1]
			rest = rest[:len(rest)-1]
		}
		return m, true
	}
}
